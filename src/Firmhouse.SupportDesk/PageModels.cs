using Firmhouse.SupportDesk.Audit;

namespace Firmhouse.SupportDesk;

/// <summary>What <see cref="MessagePage"/> shows.</summary>
/// <param name="Title">What happened.</param>
/// <param name="Text">What it means and what to do.</param>
internal sealed record MessageModel(string Title, string Text)
{
    /// <summary>What the button says; null for none.</summary>
    public string? LinkText { get; init; }

    /// <summary>Where the button leads.</summary>
    public string LinkPath { get; init; } = "/";

    /// <summary>Who is signed in; null for nobody.</summary>
    public Employee? Employee { get; init; }

    /// <summary>Whether something went wrong, so that the page shows the reference.</summary>
    public bool IsError { get; init; }
}

/// <summary>What <see cref="DeskPage"/> shows.</summary>
/// <param name="Employee">Who is signed in; null when the session has ended meanwhile.</param>
/// <param name="Form">What was typed.</param>
/// <param name="Options">The reasons, and whether there must be a ticket.</param>
internal sealed record DeskModel(Employee? Employee, DeskForm Form, SupportOptions Options)
{
    /// <summary>What became of it; null where nothing was tried.</summary>
    public StaffWords? Words { get; init; }

    /// <summary>Firmhouse's own words.</summary>
    public IReadOnlyList<string> Messages { get; init; } = [];

    /// <summary>What is wrong, by field.</summary>
    public IReadOnlyDictionary<string, string> Errors { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <summary>What <see cref="AuditPage"/> shows.</summary>
/// <param name="Employee">Who reads.</param>
/// <param name="Search">What was looked for.</param>
/// <param name="Records">What was found, newest first; null before a search.</param>
/// <param name="HasMore">Whether there is more on a next page.</param>
internal sealed record AuditModel(Employee Employee, AuditSearch Search, IReadOnlyList<AuditRecord>? Records, bool HasMore);
