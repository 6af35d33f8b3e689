using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.SupportDesk.Audit;
using Microsoft.AspNetCore.Components;

namespace Firmhouse.SupportDesk;

/// <summary>What <see cref="MessagePage"/> shows.</summary>
internal sealed record MessageModel(string Title, string Text)
{
    /// <summary>What the button says; null for none.</summary>
    public string? LinkText { get; init; }
    public string LinkPath { get; init; } = "/";
    public Employee? Employee { get; init; }

    /// <summary>Whether something went wrong, so that the page shows the reference.</summary>
    public bool IsError { get; init; }
}

/// <summary>What <see cref="DeskPage"/> shows.</summary>
/// <param name="Employee">Who is signed in; null when the session has ended meanwhile.</param>
internal sealed record DeskModel(Employee? Employee, DeskForm Form, SupportOptions Options)
{
    /// <summary>What became of it; null where nothing was tried.</summary>
    public StaffWords? Words { get; init; }
    public IReadOnlyList<string> Messages { get; init; } = [];

    /// <summary>What is wrong, by field.</summary>
    public IReadOnlyDictionary<string, string> Errors { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);
}

/// <param name="Records">What was found, newest first; null before a search.</param>
internal sealed record AuditModel(Employee Employee, AuditSearch Search, IReadOnlyList<AuditRecord>? Records, bool HasMore);

internal static class SupportPages
{
    public static Task WriteMessageAsync(this PageWriter pages, HttpContext context, int status, MessageModel model) => WriteAsync<MessagePage, MessageModel>(pages, context, status, model);

    public static Task WriteDeskAsync(this PageWriter pages, HttpContext context, int status, DeskModel model) => WriteAsync<DeskPage, DeskModel>(pages, context, status, model);

    public static Task WriteAuditAsync(this PageWriter pages, HttpContext context, AuditModel model) => WriteAsync<AuditPage, AuditModel>(pages, context, StatusCodes.Status200OK, model);

    // hasWayOut: the form leads to the Self Service Center, and the sign-out, on every page, to the provider.
    private static Task WriteAsync<TPage, TModel>(PageWriter pages, HttpContext context, int status, TModel model)
        where TPage : IComponent =>
        pages.WriteAsync<TPage, TModel>(context, status, model, hasWayOut: true);
}

internal sealed class SupportErrorPages(PageWriter pages) : IErrorPages
{
    public Task WriteErrorAsync(HttpContext context, int status, TimeSpan? retryAfter = null) => pages.WriteMessageAsync(context, status, new MessageModel(
        status == StatusCodes.Status404NotFound ? "Page not found" : "Something went wrong",
        "Nothing was done. Open the desk again; if the problem persists, tell whoever runs it.")
    {
        LinkText = "Open the desk",
        IsError = true,
    });
}
