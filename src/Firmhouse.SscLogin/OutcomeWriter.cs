using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Serialization;
using Firmhouse.Client;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;
using Firmhouse.Hosting.Telemetry;
using Firmhouse.SscLogin.Pages;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Firmhouse.SscLogin;

/// <summary>
/// The one place where an outcome becomes a response (a redirect, a page for a person, or a problem document for a program),
/// and leaves its line in the log and its count in the metrics, whatever the caller does meanwhile.
/// </summary>
internal sealed partial class OutcomeWriter(PageWriter pages, LogPseudonym pseudonym, LoginMetrics metrics, TimeProvider time, ILogger<OutcomeWriter> logger) : IErrorPages
{
    // A stranger decides how many requests are refused.
    private readonly LogThrottle _limitLog = new(time, TimeSpan.FromMinutes(1));

    /// <param name="start">When the request began, by <see cref="Stopwatch.GetTimestamp"/>.</param>
    public async Task WriteAsync(HttpContext context, Outcome outcome, long start)
    {
        try
        {
            await WriteAsync(context, outcome);
        }
        catch (Exception exception) when (ErrorResponses.IsAbandoned(exception, context))
        {
            // The caller has left; what was decided is recorded all the same.
        }

        // Not in a finally: after a bug, the error page is what the customer gets, and what is recorded.
        Record(outcome, context.Response.StatusCode, start);
    }

    public async Task WriteErrorAsync(HttpContext context, int status, TimeSpan? retryAfter = null)
    {
        var outcome = Outcome.OfStatus(status) with { RetryAfter = retryAfter };
        var start = Stopwatch.GetTimestamp();
        if (status != StatusCodes.Status429TooManyRequests)
        {
            await WriteAsync(context, outcome, start);
            return;
        }

        metrics.Login(outcome, Stopwatch.GetElapsedTime(start));
        if (_limitLog.TryPass(out var suppressed))
        {
            LogClientLimit(suppressed);
        }

        await WriteAsync(context, outcome);
    }

    /// <summary>Creates a problem document (RFC 9457) with the trace id to look for in the log. Its <c>type</c> is a bare name, which is a URI reference (§3.1.1).</summary>
    public static ProblemHttpResult Problem(HttpContext context, string name, int status, string title, IReadOnlyList<LoginError>? errors = null)
    {
        var problem = new ProblemDetails { Type = name, Title = title, Status = status };
        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;
        if (errors is { Count: > 0 })
        {
            problem.Extensions["errors"] = errors.ToArray();
        }

        return TypedResults.Problem(problem);
    }

    /// <summary>The response to a program that is over a limit.</summary>
    public static ProblemHttpResult RateLimited(HttpContext context, TimeSpan wait)
    {
        SetRetryAfter(context.Response, wait);
        return Problem(context, Outcome.RateLimited.Name, Outcome.RateLimited.Status, Outcome.RateLimited.Title);
    }

    // In whole seconds (RFC 9110 §10.2.3).
    private static void SetRetryAfter(HttpResponse response, TimeSpan wait) =>
        response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);

    private async Task WriteAsync(HttpContext context, Outcome outcome)
    {
        var response = context.Response;
        if (outcome.RetryAfter is { } wait)
        {
            SetRetryAfter(response, wait);
        }

        if (outcome.Location is { } location)
        {
            // 303, so that the browser follows a POST with a GET and does not send the form on (RFC 9110 §15.4.4).
            response.StatusCode = HttpMethods.IsPost(context.Request.Method) ? StatusCodes.Status303SeeOther : StatusCodes.Status302Found;
            response.Headers.Location = location;
        }
        else if (outcome.Name == Outcome.Prefetch.Name || outcome.Name == Outcome.Abandoned.Name)
        {
            response.StatusCode = outcome.Status;
        }
        else if (outcome.Advice != PageAdvice.None && Navigation.WantsPage(context.Request))
        {
            await pages.WriteAsync<OutcomePage, Outcome>(context, outcome.PageStatus, outcome, hasWayOut: outcome.Link is not null && outcome.Advice != PageAdvice.EmailForm);
        }
        else
        {
            if (outcome.Name == Outcome.ProofRequired.Name)
            {
                response.Headers.WWWAuthenticate = "SignedLink";
            }

            await Problem(context, outcome.Name, outcome.Status, outcome.Title, outcome.Errors).ExecuteAsync(context);
        }
    }

    private void Record(Outcome outcome, int status, long start)
    {
        var elapsed = Stopwatch.GetElapsedTime(start);
        metrics.Login(outcome, elapsed);
        LogLogin(
            outcome.Name, status, Math.Round(elapsed.TotalMilliseconds, 2), outcome.Address is { } address ? pseudonym.Of(address) : null,
            outcome.Proof.Name(), outcome.Key?.Label, outcome.Reason);
    }

    [LoggerMessage(1, LogLevel.Information, "Login {Outcome}, status {Status}, {ElapsedMs} ms, address {AddressHash}, proof {Proof} {Key}, reason {Reason}")]
    private partial void LogLogin(string outcome, int status, double elapsedMs, string? addressHash, string proof, string? key, string? reason);

    [LoggerMessage(3, LogLevel.Warning, "A client is over its limit, RateLimits:PerClient, and gets 429; {Suppressed} more requests since this was last logged")]
    private partial void LogClientLimit(long suppressed);
}

/// <summary>Serializes problem documents without reflection, which the native program does not have.</summary>
[JsonSerializable(typeof(ProblemDetails))]
[JsonSerializable(typeof(LoginError[]))]
internal sealed partial class ProblemJson : JsonSerializerContext;

/// <summary>Around an endpoint that returns an <see cref="Outcome"/>: writes and records it.</summary>
internal sealed class OutcomeFilter(OutcomeWriter outcomes) : IEndpointFilter
{
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var start = Stopwatch.GetTimestamp();
        var request = context.HttpContext;
        Outcome outcome;
        try
        {
            outcome = (Outcome)(await next(context))!;
        }
        catch (Exception exception) when (ErrorResponses.IsAbandoned(exception, request))
        {
            outcome = Outcome.Abandoned;
        }

        await outcomes.WriteAsync(request, outcome, start);
        return Results.Empty;
    }
}

internal static class OutcomeEndpoints
{
    /// <summary>Lets the endpoint's outcome be written and recorded.</summary>
    public static RouteHandlerBuilder WritesOutcome(this RouteHandlerBuilder endpoint) => endpoint.AddEndpointFilter<OutcomeFilter>();
}
