using System.Net.Mime;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.OpenApi;
using Microsoft.Extensions.Options;
using Microsoft.OpenApi;

namespace Firmhouse.SscLogin.LinkApi;

/// <summary>
/// The API's OpenAPI 3.1 document. It is generated once for each <c>LoginLinks:PublicUrl</c>, since that takes milliseconds,
/// and the framework's own endpoint would generate it for every request.
/// </summary>
internal sealed class OpenApiDescription([FromKeyedServices(OpenApiDescription.DocumentName)] IOpenApiDocumentProvider provider, IOptionsMonitor<LoginLinkOptions> links)
{
    /// <summary>The document's path.</summary>
    public const string Path = "/openapi/v1.json";

    /// <summary>The document's name, and the version of the API.</summary>
    public const string DocumentName = "v1";

    private Document? _document;

    /// <summary>Responds with the document.</summary>
    public async Task<IResult> GetAsync(HttpContext context)
    {
        var publicUrl = links.CurrentValue.PublicUrl;
        var document = Volatile.Read(ref _document);
        if (document?.PublicUrl != publicUrl)
        {
            // Two concurrent requests may both generate it, with the same result.
            document = new Document(publicUrl, await GenerateAsync(publicUrl, context.RequestAborted));
            Volatile.Write(ref _document, document);
        }

        return TypedResults.Bytes(document.Json, MediaTypeNames.Application.Json);
    }

    private async Task<byte[]> GenerateAsync(string publicUrl, CancellationToken cancellationToken)
    {
        var document = await provider.GetOpenApiDocumentAsync(cancellationToken);
        document.Servers = [new OpenApiServer { Url = publicUrl.TrimEnd('/') }];
        using var json = new MemoryStream();
        await document.SerializeAsJsonAsync(json, OpenApiSpecVersion.OpenApi3_1, cancellationToken);
        return json.ToArray();
    }

    /// <summary>A generated document.</summary>
    private sealed record Document(string PublicUrl, byte[] Json);
}

/// <summary>What the document contains beyond what the endpoints' types say.</summary>
internal static class OpenApiServices
{
    /// <summary>Adds the document.</summary>
    public static void AddOpenApiDescription(this IServiceCollection services)
    {
        services.AddSingleton<OpenApiDescription>();
        services.AddOpenApi(OpenApiDescription.DocumentName, static options =>
        {
            options.AddDocumentTransformer(static (document, _, _) => DescribeAsync(document));
            options.AddOperationTransformer(static (operation, _, _) => AddExamplesAsync(operation));
        });
    }

    private static Task DescribeAsync(OpenApiDocument document)
    {
        document.Info = new OpenApiInfo
        {
            Title = "Firmhouse SSC Login",
            Version = OpenApiDescription.DocumentName,
            Description = "Mints signed login links for e-mail campaigns and automations, and says why a link is refused.",
        };
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
        var (request, response) = operation.OperationId switch
        {
            "mintLoginLinks" => (
                """{"emails":["jane@example.com","not an address"],"validFor":"P7D"}""",
                """
                {"links":[
                  {"email":"jane@example.com","url":"https://login.example.com/ssc-login?email=jane%40example.com&exp=1900000000&kid=mail1&sig=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef","expiresAt":"2030-03-17T17:46:40+00:00"},
                  {"email":"not an address","error":"invalid-email"}]}
                """),
            "explainLoginLink" => (
                """{"link":"https://login.example.com/ssc-login?email=jane%40example.com&exp=1900000000000&kid=mail1&sig=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"}""",
                """
                {"verdict":"link-invalid","reason":"malformed-exp","finding":"exp is in milliseconds.",
                 "fix":"Divide by 1000 and round down, before signing: exp is Unix time in seconds, such as 1900000000."}
                """),
            _ => (null, null),
        };
        if (request is not null && operation.RequestBody?.Content?[MediaTypeNames.Application.Json] is { } requestBody)
        {
            requestBody.Example = JsonNode.Parse(request);
        }

        if (response is not null && operation.Responses?["200"].Content?[MediaTypeNames.Application.Json] is { } responseBody)
        {
            responseBody.Example = JsonNode.Parse(response);
        }

        return Task.CompletedTask;
    }
}
