using System.Text.Json.Nodes;
using Firmhouse.SscLogin.Configuration;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>Puts the minting API and its OpenAPI 3.1 document in place, where a key is configured.</summary>
internal static class LoginLinkApiDocument
{
    private const string DocumentName = "v1";

    /// <summary>Adds what the document needs. It is made when it is first asked for.</summary>
    public static void AddLoginLinkApi(this IServiceCollection services)
    {
        services.AddSettings<ApiOptions, ApiOptionsValidator>(ApiOptions.Section);
        services.AddSingleton<LoginLinkApi>();
        services.AddOpenApi(DocumentName, static options =>
        {
            options.AddDocumentTransformer(static (document, context, _) => DescribeAsync(document, context.ApplicationServices));
            options.AddOperationTransformer(static (operation, _, _) => AddExamplesAsync(operation));
        });
    }

    /// <summary>Maps the endpoint and the document; neither, where there is no key.</summary>
    public static void MapLoginLinkApi(this IEndpointRouteBuilder routes)
    {
        if (routes.ServiceProvider.GetRequiredService<IOptionsMonitor<ApiOptions>>().CurrentValue.Keys.Count == 0)
        {
            return;
        }

        routes.MapOpenApi("/openapi/{documentName}.json");
        routes.MapPost("/api/login-links", (Delegate)routes.ServiceProvider.GetRequiredService<LoginLinkApi>().MintAsync)
            .WithName("mintLoginLinks")
            .WithDescription("Mints one link for each address, in the same order. An address that is not valid has an error in its place.")
            .Accepts<MintRequest>("application/json")
            .Produces<ProblemDetails>(StatusCodes.Status400BadRequest, "application/problem+json")
            .Produces<ProblemDetails>(StatusCodes.Status401Unauthorized, "application/problem+json")
            .Produces<ProblemDetails>(StatusCodes.Status403Forbidden, "application/problem+json")
            .Produces<ProblemDetails>(StatusCodes.Status413PayloadTooLarge, "application/problem+json")
            .Produces<ProblemDetails>(StatusCodes.Status415UnsupportedMediaType, "application/problem+json")
            .Produces<ProblemDetails>(StatusCodes.Status422UnprocessableEntity, "application/problem+json")
            .Produces<ProblemDetails>(StatusCodes.Status429TooManyRequests, "application/problem+json");
    }

    private static Task DescribeAsync(OpenApiDocument document, IServiceProvider services)
    {
        document.Info = new OpenApiInfo { Title = "Firmhouse SSC Login", Version = DocumentName, Description = "Mints signed login links for e-mail campaigns and automations." };

        // By default it would be whatever the Host header says.
        document.Servers = [new OpenApiServer { Url = services.GetRequiredService<IOptionsMonitor<LoginLinkOptions>>().CurrentValue.PublicUrl.TrimEnd('/') }];
        document.Components ??= new OpenApiComponents();
        document.Components.SecuritySchemes = new Dictionary<string, IOpenApiSecurityScheme>(StringComparer.Ordinal)
        {
            ["apiKey"] = new OpenApiSecurityScheme { Type = SecuritySchemeType.Http, Scheme = "bearer", Description = "A secret of Api:Keys." },
        };
        document.Security = [new OpenApiSecurityRequirement { [new OpenApiSecuritySchemeReference("apiKey", document)] = [] }];
        return Task.CompletedTask;
    }

    private static Task AddExamplesAsync(OpenApiOperation operation)
    {
        if (operation.RequestBody?.Content?["application/json"] is { } request)
        {
            request.Example = JsonNode.Parse("""{"emails":["jane@example.com","not an address"],"validFor":"P7D"}""");
        }

        if (operation.Responses?["200"].Content?["application/json"] is { } response)
        {
            response.Example = JsonNode.Parse("""
                {"links":[
                  {"email":"jane@example.com","url":"https://login.example.com/ssc-login?email=jane%40example.com&exp=1900000000&kid=mail1&sig=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","expiresAt":"2030-03-17T17:46:40+00:00"},
                  {"email":"not an address","error":"invalid-email"}]}
                """);
        }

        return Task.CompletedTask;
    }
}
