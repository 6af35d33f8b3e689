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
    private static readonly string TooLarge = $"One link at a time, of at most {LinkExplainer.MaxLength} characters.";

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/api/login-links/explain", static (HttpContext context, ExplainEndpoint endpoint) => endpoint.ExplainAsync(context));

    private async Task<Results<JsonHttpResult<LinkExplanation>, ProblemHttpResult>> ExplainAsync(HttpContext context)
    {
        var caller = context.Features.GetRequiredFeature<ApiCaller>();
        var (body, problem) = await JsonBody.ReadAsync(context, LinkApiJson.Default.ExplainRequest, Invalid, TooLarge);
        if (problem is not null)
        {
            return problem;
        }

        if (string.IsNullOrWhiteSpace(body?.Link))
        {
            return JsonBody.Invalid(context, Invalid);
        }

        if (body.Link.Length > LinkExplainer.MaxLength)
        {
            return JsonBody.TooLarge(context, TooLarge);
        }

        var keys = links.CurrentValue.Keyring.Where(key => key.Key == caller.Kid).ToDictionary(StringComparer.Ordinal);
        var explanation = new LinkExplainer(keys, time.GetUtcNow()).Explain(body.Link);
        LogExplained(explanation.Verdict, explanation.Reason, caller.Name);
        return TypedResults.Json(explanation, LinkApiJson.Default.LinkExplanation);
    }

    [LoggerMessage(403, LogLevel.Information, "Explained a link, {Verdict} {Reason}, API key {ApiKey}")]
    private partial void LogExplained(string verdict, string? reason, string apiKey);
}

/// <param name="Link">The whole link, or its query.</param>
internal sealed record ExplainRequest(string? Link);
