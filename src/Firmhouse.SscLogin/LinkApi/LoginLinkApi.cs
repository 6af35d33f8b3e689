using System.Net.Mime;
using System.Reflection;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using Firmhouse.Hosting.Settings;
using Firmhouse.LoginLinks;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.LinkApi;

/// <summary>
/// The API of link signers: <c>POST /api/login-links</c> mints links, <c>POST /api/login-links/explain</c> says why a link is
/// refused, <c>GET /openapi/v1.json</c> describes both. Without a key in <c>Api:Keys</c> there is none of them.
/// </summary>
/// <remarks>
/// A request passes the client's limit, which counts every request of the service, then <see cref="ApiKeyFilter"/>, and only
/// then is its body read. Minting does not call Firmhouse, and does not know whether an address is a customer's.
/// </remarks>
internal static class LoginLinkApi
{
    public static void AddLoginLinkApi(this IServiceCollection services)
    {
        services.AddSettings<ApiOptions, ApiOptionsValidator>(ApiOptions.Section);
        services.AddSingleton<MintEndpoint>();
        services.AddSingleton<ExplainEndpoint>();
    }

    public static void MapLoginLinkApi(this IEndpointRouteBuilder routes)
    {
        var api = routes.MapGroup("").AddEndpointFilter<ApiKeyFilter>();
        MintEndpoint.Map(api);
        ExplainEndpoint.Map(api);
        api.MapGet("/openapi/v1.json", Describe);
    }

    private static ContentHttpResult Describe(IOptionsMonitor<LoginLinkOptions> links)
    {
        using var json = Assembly.GetExecutingAssembly().GetManifestResourceStream("openapi.json")!;
        var document = JsonNode.Parse(json)!;
        document["servers"]![0]!["url"] = links.CurrentValue.PublicUrl.TrimEnd('/');
        return TypedResults.Text(document.ToJsonString(), MediaTypeNames.Application.Json);
    }
}

/// <summary>What the API reads and writes, without reflection.</summary>
[JsonSourceGenerationOptions(System.Text.Json.JsonSerializerDefaults.Web, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(MintRequest))]
[JsonSerializable(typeof(MintedLinks))]
[JsonSerializable(typeof(ExplainRequest))]
[JsonSerializable(typeof(LinkExplanation))]
internal sealed partial class LinkApiJson : JsonSerializerContext;
