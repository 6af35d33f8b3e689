using System.Diagnostics;
using System.Globalization;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;

namespace Firmhouse.SscLogin.Http;

/// <summary>Creates problem documents (RFC 9457). Their <c>type</c> is the outcome's bare name, which is a URI reference (§3.1.1) and part of the contract with callers.</summary>
internal static class Problems
{
    /// <summary>Creates a problem document with the trace id to look for in the log.</summary>
    /// <param name="context">The request.</param>
    /// <param name="name">The outcome's name.</param>
    /// <param name="status">The HTTP status.</param>
    /// <param name="title">What is wrong, in a sentence.</param>
    /// <param name="errors">Firmhouse's reasons; empty for none.</param>
    public static ProblemHttpResult Create(HttpContext context, string name, int status, string title, IReadOnlyList<LoginError>? errors = null)
    {
        var problem = new ProblemDetails { Type = name, Title = title, Status = status };
        problem.Extensions["traceId"] = Activity.Current?.TraceId.ToHexString() ?? context.TraceIdentifier;
        if (errors is { Count: > 0 })
        {
            problem.Extensions["errors"] = errors;
        }

        return TypedResults.Problem(problem);
    }

    /// <summary>Creates the problem document of an outcome.</summary>
    public static ProblemHttpResult Create(HttpContext context, LoginOutcome outcome) => Create(context, outcome.Name, outcome.Status, outcome.Title, outcome.Errors);

    /// <summary>The response to a program that is over a limit.</summary>
    public static ProblemHttpResult RateLimited(HttpContext context, TimeSpan wait)
    {
        SetRetryAfter(context.Response, wait);
        return Create(context, LoginOutcome.RateLimited(wait));
    }

    /// <summary>Says when to try again, in whole seconds (RFC 9110 §10.2.3).</summary>
    public static void SetRetryAfter(HttpResponse response, TimeSpan wait) =>
        response.Headers.RetryAfter = Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
}
