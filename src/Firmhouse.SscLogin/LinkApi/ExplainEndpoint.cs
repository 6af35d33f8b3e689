using System.ComponentModel;
using Firmhouse.LoginLinks;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.LinkApi;

/// <summary>
/// <c>POST /api/login-links/explain</c>: why a link is refused. It checks only against the signing key that the caller
/// may mint with, so it reveals nothing that the caller could not try out.
/// </summary>
internal sealed partial class ExplainEndpoint(IOptionsMonitor<LoginLinkOptions> links, TimeProvider time, ILogger<ExplainEndpoint> logger)
{
    private const string Invalid = "The body must be an object with \"link\", a text.";
    private const string TooLarge = "One link at a time.";

    /// <summary>Says why a login link is refused.</summary>
    public async Task<Results<Ok<LinkExplanation>, ProblemHttpResult>> ExplainAsync(HttpContext context)
    {
        var caller = context.Features.GetRequiredFeature<ApiCaller>();
        var (body, problem) = await JsonBody.ReadAsync<ExplainRequest>(context, Invalid, TooLarge);
        if (problem is not null)
        {
            return problem;
        }

        if (string.IsNullOrWhiteSpace(body?.Link))
        {
            return JsonBody.Invalid(context, Invalid);
        }

        var keys = links.CurrentValue.Keyring.Where(key => key.Key == caller.Kid).ToDictionary(StringComparer.Ordinal);
        var explanation = new LinkExplainer(keys, time.GetUtcNow()).Explain(body.Link);
        LogExplained(explanation.Verdict, explanation.Reason, caller.Name);
        return TypedResults.Ok(explanation);
    }

    [LoggerMessage(403, LogLevel.Information, "Explained a link, {Verdict} {Reason}, API key {ApiKey}")]
    private partial void LogExplained(string verdict, string? reason, string apiKey);
}

/// <summary>What to explain.</summary>
/// <param name="Link">The whole link, or its query.</param>
internal sealed record ExplainRequest([property: Description("The whole link, or its query.")] string? Link);
