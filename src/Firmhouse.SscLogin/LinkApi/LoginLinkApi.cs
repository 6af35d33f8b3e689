using Firmhouse.Hosting.Settings;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.LinkApi;

/// <summary>
/// The API of link signers: <c>POST /api/login-links</c> mints links, <c>POST /api/login-links/explain</c> says why a link is
/// refused, <c>GET /openapi/v1.json</c> describes both.
/// </summary>
/// <remarks>
/// A request passes the client's limit, which counts every request of the service, then <see cref="ApiKeyFilter"/>, and only
/// then is its body read. Minting does not call Firmhouse, and does not know whether an address is a customer's.
/// </remarks>
internal static class LoginLinkApi
{
    private const string ProblemJson = "application/problem+json";

    /// <summary>Adds the endpoints, their settings and their OpenAPI document.</summary>
    public static void AddLoginLinkApi(this IServiceCollection services)
    {
        services.AddSettings<ApiOptions, ApiOptionsValidator>(ApiOptions.Section);
        services.AddSingleton<MintEndpoint>();
        services.AddSingleton<ExplainEndpoint>();
        services.AddOpenApiDescription();
    }

    /// <summary>Maps the API, if there is a key at start.</summary>
    public static void MapLoginLinkApi(this IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetRequiredService<IOptionsMonitor<ApiOptions>>().CurrentValue.Keys.Count == 0)
        {
            return;
        }

        var api = routes.MapGroup("").AddEndpointFilter<ApiKeyFilter>();
        api.MapGet(OpenApiDescription.Path, (Delegate)routes.ServiceProvider.GetRequiredService<OpenApiDescription>().GetAsync).ExcludeFromDescription();
        api.MapPost("/api/login-links", (Delegate)routes.ServiceProvider.GetRequiredService<MintEndpoint>().MintAsync)
            .WithName("mintLoginLinks")
            .WithDescription("Mints one link for each address, in the same order. An address that is not valid has an error in its place.")
            .WithMetadata(new RequestSizeLimitAttribute(MintEndpoint.LargestBody))
            .Accepts<MintRequest>("application/json")
            .ProducesProblems()
            .Produces<ProblemDetails>(StatusCodes.Status403Forbidden, ProblemJson);
        api.MapPost("/api/login-links/explain", (Delegate)routes.ServiceProvider.GetRequiredService<ExplainEndpoint>().ExplainAsync)
            .WithName("explainLoginLink")
            .WithDescription("Says whether a link is accepted, the first thing that is wrong with it, and the fix. It looks at the signing key of the caller alone.")
            .Accepts<ExplainRequest>("application/json")
            .ProducesProblems();
    }

    // The problems of ApiKeyFilter and JsonBody.
    private static RouteHandlerBuilder ProducesProblems(this RouteHandlerBuilder endpoint) => endpoint
        .Produces<ProblemDetails>(StatusCodes.Status400BadRequest, ProblemJson)
        .Produces<ProblemDetails>(StatusCodes.Status401Unauthorized, ProblemJson)
        .Produces<ProblemDetails>(StatusCodes.Status413PayloadTooLarge, ProblemJson)
        .Produces<ProblemDetails>(StatusCodes.Status415UnsupportedMediaType, ProblemJson)
        .Produces<ProblemDetails>(StatusCodes.Status422UnprocessableEntity, ProblemJson)
        .Produces<ProblemDetails>(StatusCodes.Status429TooManyRequests, ProblemJson);
}
