using System.Text.Json;
using Firmhouse.Hosting.Commands;

namespace Firmhouse.Hosting.OpenId;

/// <summary>Checks the document that names the provider's endpoints (OpenID Connect Discovery §4).</summary>
/// <param name="section">The section of the settings, such as <c>SignIn</c>.</param>
internal sealed class ProviderCheck(IHttpClientFactory http, IConfiguration configuration, string section) : IOnlineCheck
{
    // What a sign-in by authorization code needs (OpenID Connect Discovery §3).
    private static readonly string[] ProviderMetadata = ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"];

    /// <inheritdoc />
    public async Task<IReadOnlyList<OnlineCheck>> RunAsync(CancellationToken cancellationToken)
    {
        const string Subject = "Sign-in";
        var authority = configuration[$"{section}:Authority"]?.Trim().TrimEnd('/');
        var issuer = configuration[$"{section}:Issuer"]?.Trim().TrimEnd('/') is { Length: > 0 } named ? named : authority;
        var address = configuration[$"{section}:MetadataAddress"]?.Trim() is { Length: > 0 } metadata ? metadata : $"{authority}/.well-known/openid-configuration";
        if (string.IsNullOrWhiteSpace(configuration[$"{section}:ClientId"]) || !Uri.TryCreate(address, UriKind.Absolute, out var url))
        {
            return [];
        }

        try
        {
            using var client = http.CreateClient(OnlineChecks.ClientName);
            using var response = await client.GetAsync(url, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                return [new(CheckResult.Fault, Subject, $"the discovery document's address returned {(int)response.StatusCode}. Check {section}:Authority: {address} must be there.")];
            }

            using var document = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            string[] missing = [.. ProviderMetadata.Where(name => TextOf(document.RootElement, name) is null)];
            return [missing.Length > 0
                ? new(CheckResult.Fault, Subject, $"the discovery document has no {string.Join(", ", missing)}. Check that {section}:Authority is an OpenID provider's issuer.")
                : !string.IsNullOrEmpty(issuer) && TextOf(document.RootElement, "issuer")!.TrimEnd('/') != issuer
                    ? section == "Support:SignIn"
                        ? new(CheckResult.Warning, Subject, $"the discovery document names another issuer than {section}:Authority. The trail names employees by that issuer: make sure that it is your provider's.")
                        : new(CheckResult.Fault, Subject, $"the discovery document names another issuer than {section}:{(issuer == authority ? "Authority" : "Issuer")}, so no token would be accepted. Set {section}:Issuer to the issuer that it names.")
                    : new(CheckResult.Ok, Subject, $"{url.Host} has a discovery document with all that is needed.")];
        }
        catch (JsonException)
        {
            return [new(CheckResult.Fault, Subject, $"what is at {address} is not JSON. Check {section}:Authority.")];
        }
        catch (Exception exception) when (OnlineChecks.IsUnreachable(exception, cancellationToken))
        {
            return [new(CheckResult.Fault, Subject, OnlineChecks.Unreachable(url, exception, $"{section}:Authority"))];
        }
    }

    private static string? TextOf(JsonElement document, string name) =>
        document.ValueKind == JsonValueKind.Object && document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;
}
