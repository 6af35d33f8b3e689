using System.Diagnostics;
using Firmhouse.Client;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.LoginLinks;
using Firmhouse.SupportDesk.Audit;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Firmhouse.SupportDesk;

/// <summary>The desk: the form, and the login as a customer. The entry is written before Firmhouse is called, and completed afterwards.</summary>
internal sealed class DeskEndpoints(
    StaffSession sessions, LoginTokens tokens, AuditRecorder recorder, FetchMetadata fetchMetadata, PageWriter pages, IOptionsMonitor<SupportOptions> options)
{
    private static readonly Dictionary<string, string> NoErrors = [];

    public static void Map(IEndpointRouteBuilder routes)
    {
        var desk = routes.ServiceProvider.GetRequiredService<DeskEndpoints>();
        routes.MapGet("/", desk.FormAsync);

        // The longest note has 18,000 bytes in a form.
        routes.MapPost("/log-in", desk.LogInAsync).WithMetadata(new RequestSizeLimitAttribute(32 * 1024));
        routes.MapPost("/sign-out", desk.SignOutAsync);
        routes.MapGet(StaffSignIn.SignedOutPath, desk.SignedOutAsync);
    }

    private async Task FormAsync(HttpContext context)
    {
        switch (await sessions.FindAsync(context))
        {
            case null:
                await sessions.ChallengeAsync(context, "/");
                break;
            case { IsAgent: true } agent:
                await WriteFormAsync(context, StatusCodes.Status200OK, agent, new DeskForm());
                break;
            case { IsAuditor: true }:
                context.Response.Redirect($"{context.Request.PathBase}/audit");
                break;
            case var other:
                await RefuseAsync(context, other);
                break;
        }
    }

    private async Task LogInAsync(HttpContext context)
    {
        if (fetchMetadata.IsCrossSite(context.Request))
        {
            await pages.WriteMessageAsync(context, StatusCodes.Status403Forbidden, new MessageModel(
                "This did not come from the desk",
                "Another site sent this form, so nothing was done. Close that page, and open the desk by its own address.",
                LinkText: "Open the desk"));
            return;
        }

        if (await FormReader.ReadAsync(context) is not { } posted)
        {
            context.Response.StatusCode = StatusCodes.Status400BadRequest;
            return;
        }

        var form = DeskForm.From(posted);
        var employee = await sessions.FindAsync(context);
        if (employee is null)
        {
            // The page repeats only what this browser has just sent, so that nothing typed is lost.
            await WriteFormAsync(context, StatusCodes.Status401Unauthorized, employee: null, form);
        }
        else if (!employee.IsAgent)
        {
            await RefuseAsync(context, employee);
        }
        else if (form.Check(options.CurrentValue) is { Count: > 0 } errors)
        {
            await WriteFormAsync(context, StatusCodes.Status422UnprocessableEntity, employee, form, errors);
        }
        else
        {
            await LogInAsync(context, employee, form, form.Customer!);
        }
    }

    private async Task LogInAsync(HttpContext context, Employee employee, DeskForm form, EmailAddress customer)
    {
        var request = NewEntry(context, employee, AuditKind.LoginRequested);
        request.Address = customer.Value;
        request.Reason = form.Reason;
        request.Ticket = form.Ticket.Length > 0 ? form.Ticket : null;
        request.Note = form.Note;
        request.Consent = form.Consent;
        if (!await recorder.TryAppendAsync(request, context.RequestAborted))
        {
            await WriteWordsAsync(context, employee, form, StaffWords.NoRecord);
            return;
        }

        LoginTokenResult result;
        try
        {
            result = await tokens.CreateAsync(customer, context.RequestAborted);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            await EndAsync(context, employee, request, "abandoned", tokenExpiresAt: null);
            return;
        }

        var created = result as LoginTokenResult.Created;
        var words = StaffWords.Of(result);
        if (!await EndAsync(context, employee, request, words.Outcome, created?.ExpiresAt))
        {
            await WriteWordsAsync(context, employee, form, StaffWords.NoEnd);
        }
        else if (created is not null)
        {
            context.Response.StatusCode = StatusCodes.Status303SeeOther;
            context.Response.Headers.Location = created.ReturnUrl;
        }
        else
        {
            await WriteWordsAsync(context, employee, form, words, result.Messages);
        }
    }

    // The end is recorded even if the employee has left meanwhile.
    private Task<bool> EndAsync(HttpContext context, Employee employee, AuditEntry request, string outcome, string? tokenExpiresAt)
    {
        var end = NewEntry(context, employee, AuditKind.LoginEnded);
        end.About = request.Sequence;
        end.Outcome = outcome;
        end.TokenExpiresAt = tokenExpiresAt;
        return recorder.TryAppendAsync(end, CancellationToken.None);
    }

    private async Task SignOutAsync(HttpContext context)
    {
        if (fetchMetadata.IsCrossSite(context.Request))
        {
            context.Response.StatusCode = StatusCodes.Status403Forbidden;
            return;
        }

        await StaffSignIn.SignOutAsync(context);
    }

    private Task SignedOutAsync(HttpContext context) => pages.WriteMessageAsync(context, StatusCodes.Status200OK, new MessageModel(
        "You are signed out",
        "Also close the private window in which you were logged in as a customer: that session belongs to Firmhouse, and stays open for up to four hours.",
        LinkText: "Sign in again"));

    private Task RefuseAsync(HttpContext context, Employee employee) => pages.WriteMessageAsync(context, StatusCodes.Status403Forbidden, new MessageModel(
        "You do not have access to the desk",
        "You are signed in, but in none of the groups that may log in as a customer. If you should be, ask whoever runs the desk to add your group, then sign out and in again.",
        LinkText: employee.IsAuditor ? "Open the audit trail" : null,
        LinkPath: "/audit",
        Employee: employee));

    private Task WriteFormAsync(HttpContext context, int status, Employee? employee, DeskForm form, IReadOnlyDictionary<string, string>? errors = null) =>
        pages.WriteDeskAsync(context, status, new DeskModel(employee, form, options.CurrentValue, Words: null, Messages: [], errors ?? NoErrors));

    private Task WriteWordsAsync(HttpContext context, Employee employee, DeskForm form, StaffWords words, IReadOnlyList<string>? messages = null) =>
        pages.WriteDeskAsync(context, words.Status, new DeskModel(employee, form, options.CurrentValue, words, messages ?? [], NoErrors));

    internal static AuditEntry NewEntry(HttpContext context, Employee employee, string kind) => new()
    {
        Kind = kind,
        Issuer = employee.Issuer,
        Subject = employee.Subject,
        Name = employee.Name,
        ClientAddress = context.Connection.RemoteIpAddress is { } address ? ClientNetwork.Normalize(address).ToString() : null,
        TraceId = Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier,
    };
}
