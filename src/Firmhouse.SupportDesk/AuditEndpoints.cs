using System.Text;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.SupportDesk.Audit;

namespace Firmhouse.SupportDesk;

/// <summary>The trail for auditors: a page to search it, and a copy for a spreadsheet. Either is recorded as an entry first. What is
/// looked for is POSTed: a customer's address in a URL would stay in proxies' logs and in the browser's history, and another
/// site's link could make an entry in an auditor's name.</summary>
internal sealed class AuditEndpoints(StaffSession sessions, AuditTrail trail, AuditRecorder recorder, FetchMetadata fetchMetadata, PageWriter pages)
{
    private const string Path = "/audit";
    private const int PerPage = 50;

    // A spreadsheet's rows, minus the header.
    private const int MaxLines = 1_048_575;

    public static void Map(IEndpointRouteBuilder routes)
    {
        var audit = routes.ServiceProvider.GetRequiredService<AuditEndpoints>();
        routes.MapGet(Path, audit.FormAsync);
        routes.MapPost(Path, audit.ReadAsync);
        routes.MapPost("/audit.csv", audit.ExportAsync);
    }

    private async Task FormAsync(HttpContext context)
    {
        if (await FindAuditorAsync(context) is { } auditor)
        {
            await pages.WriteAuditAsync(context, new AuditModel(auditor, new AuditSearch(), Records: null, HasMore: false));
        }
    }

    private async Task ReadAsync(HttpContext context)
    {
        if (await BeginAsync(context, AuditKind.Read) is not var (auditor, search))
        {
            return;
        }

        List<AuditRecord> records;
        try
        {
            records = await trail.SearchAsync(search, PerPage + 1, context.RequestAborted).ToListAsync(context.RequestAborted);
        }
        catch (Exception exception) when (DeskDatabase.IsFailure(exception))
        {
            await WriteUnavailableAsync(context, auditor);
            return;
        }

        await pages.WriteAuditAsync(context, new AuditModel(auditor, search, [.. records.Take(PerPage)], HasMore: records.Count > PerPage));
    }

    private async Task ExportAsync(HttpContext context)
    {
        if (await BeginAsync(context, AuditKind.Exported) is not var (auditor, search))
        {
            return;
        }

        await using var records = trail.SearchAsync(search, MaxLines, context.RequestAborted).GetAsyncEnumerator(context.RequestAborted);
        bool isThere;
        try
        {
            // Before anything is written, so that a failure still gets a page.
            isThere = await records.MoveNextAsync();
        }
        catch (Exception exception) when (DeskDatabase.IsFailure(exception))
        {
            await WriteUnavailableAsync(context, auditor);
            return;
        }

        context.Response.ContentType = "text/csv; charset=utf-8";
        context.Response.Headers.ContentDisposition = "attachment; filename=\"support-audit.csv\"";
        await using var writer = new StreamWriter(context.Response.Body, new UTF8Encoding(encoderShouldEmitUTF8Identifier: true), leaveOpen: true);
        await writer.WriteAsync(AuditCsv.Header);
        for (; isThere; isThere = await records.MoveNextAsync())
        {
            await writer.WriteAsync(AuditCsv.Line(records.Current).AsMemory(), context.RequestAborted);
        }
    }

    /// <summary>Finds the auditor, and records what is about to be read. Null if the request is answered: nobody may read, or nobody asked to.</summary>
    private async Task<(Employee Auditor, AuditSearch Search)?> BeginAsync(HttpContext context, string kind)
    {
        if (fetchMetadata.IsCrossSite(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return null;
        }

        if (await FormReader.ReadAsync(context) is not { } form)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return null;
        }

        if (await FindAuditorAsync(context) is not { } auditor)
        {
            return null;
        }

        var search = AuditSearch.Of(form);
        var entry = DeskEndpoints.NewEntry(context, auditor, kind);
        entry.Address = search.CustomerToKeep;
        entry.Detail = search.Description is { Length: > 0 } description ? description : null;
        if (await recorder.TryAppendAsync(entry, context.RequestAborted))
        {
            return (auditor, search);
        }

        await WriteUnavailableAsync(context, auditor);
        return null;
    }

    private async Task<Employee?> FindAuditorAsync(HttpContext context)
    {
        switch (await sessions.FindAsync(context))
        {
            case null:
                await sessions.ChallengeAsync(context, Path);
                return null;
            case { IsAuditor: true } auditor:
                return auditor;
            case var employee:
                await pages.WriteMessageAsync(context, StatusCodes.Status403Forbidden, new MessageModel(
                    "You do not have access to the audit trail",
                    "Only auditors read it. If you should be one, ask whoever runs the desk to add your group, then sign out and in again.",
                    LinkText: employee.IsAgent ? "Back to the desk" : null,
                    Employee: employee));
                return null;
        }
    }

    private Task WriteUnavailableAsync(HttpContext context, Employee auditor) => pages.WriteMessageAsync(context, StatusCodes.Status503ServiceUnavailable, new MessageModel(
        "The audit trail is unavailable",
        "Its database is not responding, or this reading could not be recorded. Try again in a minute; if the problem persists, tell whoever runs the desk.",
        LinkText: "Try again",
        LinkPath: Path,
        Employee: auditor,
        IsError: true));
}
