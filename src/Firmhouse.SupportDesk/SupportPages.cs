using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.SupportDesk.Audit;

namespace Firmhouse.SupportDesk;

/// <param name="LinkText">What the button says; null for none.</param>
/// <param name="IsError">Whether something went wrong, so that the page shows the reference.</param>
internal sealed record MessageModel(string Title, string Text, string? LinkText = null, string LinkPath = "/", Employee? Employee = null, bool IsError = false);

/// <param name="Employee">Who is signed in; null when the session has ended meanwhile.</param>
/// <param name="Words">What became of it; null where nothing was tried.</param>
/// <param name="Messages">What Firmhouse said.</param>
/// <param name="Errors">What is wrong, by field.</param>
internal sealed record DeskModel(
    Employee? Employee, DeskForm Form, SupportOptions Options, StaffWords? Words, IReadOnlyList<string> Messages, IReadOnlyDictionary<string, string> Errors);

/// <param name="Records">What was found, newest first; null before a search.</param>
internal sealed record AuditModel(Employee Employee, AuditSearch Search, IReadOnlyList<AuditRecord>? Records, bool HasMore);

/// <summary>The desk's pages. Each has a way out: the form leads to the Self Service Center, and the sign-out to the provider.</summary>
internal static class SupportPages
{
    public static Task WriteMessageAsync(this PageWriter pages, HttpContext context, int status, MessageModel model) =>
        pages.WriteAsync<MessagePage, MessageModel>(context, status, model, hasWayOut: true);

    public static Task WriteDeskAsync(this PageWriter pages, HttpContext context, int status, DeskModel model) =>
        pages.WriteAsync<DeskPage, DeskModel>(context, status, model, hasWayOut: true);

    public static Task WriteAuditAsync(this PageWriter pages, HttpContext context, AuditModel model) =>
        pages.WriteAsync<AuditPage, AuditModel>(context, StatusCodes.Status200OK, model, hasWayOut: true);
}

internal sealed class SupportErrorPages(PageWriter pages) : IErrorPages
{
    public Task WriteErrorAsync(HttpContext context, int status, TimeSpan? retryAfter = null) => pages.WriteMessageAsync(context, status, new MessageModel(
        status == StatusCodes.Status404NotFound ? "Page not found" : "Something went wrong",
        "Nothing was done. Open the desk again; if the problem persists, tell whoever runs it.",
        LinkText: "Open the desk",
        IsError: true));
}
