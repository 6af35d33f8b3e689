using System.Text.Json;
using Firmhouse.Hosting.Settings;
using Microsoft.IdentityModel.Protocols;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Microsoft.IdentityModel.Tokens;

namespace Firmhouse.Hosting.OpenId;

/// <summary>The provider's metadata and keys, in the framework's cache, which would keep whatever it reads for twelve hours: only a document
/// that a sign-in can be made with gets in. Where there is none, everybody waits for the same question, and it is asked again
/// after <see cref="OpenIdProvider.Pause"/>.</summary>
internal sealed class ProviderMetadata(OpenIdClientOptions client, HttpClient http, TimeProvider time)
    : ConfigurationManager<OpenIdConnectConfiguration>(client.MetadataUrl, new Retriever(client), new HttpDocumentRetriever(http) { RequireHttps = false, SendAdditionalHeaderData = false })
{
    private readonly Lock _lock = new();
    private Task<OpenIdConnectConfiguration>? _answer;
    private DateTimeOffset _askAgainAt;

    /// <exception cref="ProviderException">There is no metadata.</exception>
    public override Task<OpenIdConnectConfiguration> GetConfigurationAsync(CancellationToken cancel)
    {
        lock (_lock)
        {
            if (_answer is null or { IsCompletedSuccessfully: true } || (_answer.IsFaulted && time.GetUtcNow() >= _askAgainAt))
            {
                _answer = AskAsync();
            }

            return _answer.WaitAsync(cancel);
        }
    }

    public static string NotSecure(string address) => $"{address}, which the metadata names, is not an https address (http is for loopback only).";

    /// <summary>What keeps a sign-in from being made with a document; null for nothing. Keys are looked for elsewhere.</summary>
    public static string? FaultOf(OpenIdConnectConfiguration metadata, OpenIdClientOptions client)
    {
        (string Name, string? Address)[] needed =
        [
            ("issuer", metadata.Issuer), ("authorization_endpoint", metadata.AuthorizationEndpoint), ("token_endpoint", metadata.TokenEndpoint), ("jwks_uri", metadata.JwksUri),
        ];
        string[] missing = [.. needed.Where(static entry => string.IsNullOrEmpty(entry.Address)).Select(static entry => entry.Name)];
        if (missing.Length > 0)
        {
            return $"the discovery document has no {string.Join(", ", missing)}. Check that {client.SectionName}:Authority is an OpenID provider's issuer.";
        }

        if (client.PinnedIssuer.Length > 0 && metadata.Issuer.TrimEnd('/') != client.PinnedIssuer.TrimEnd('/'))
        {
            return $"the discovery document names another issuer than {client.SectionName}:{(client.Issuer.Length > 0 ? "Issuer" : "Authority")}, so no token would be accepted. "
                + $"Set {client.SectionName}:Issuer to the issuer that it names.";
        }

        string?[] addresses = [.. needed[1..].Select(static entry => entry.Address), metadata.UserInfoEndpoint, metadata.EndSessionEndpoint];
        return addresses.FirstOrDefault(static address => !string.IsNullOrEmpty(address) && !SecureUrl.TryParse(address, out _)) is { } address
            ? NotSecure(address.Split('?', '#')[0]) : null;
    }

    /// <summary>Reads a document that came with status 200.</summary>
    /// <exception cref="ProviderException">It is no metadata.</exception>
    public static OpenIdConnectConfiguration Parse(string document, OpenIdClientOptions client)
    {
        try
        {
            using var json = JsonDocument.Parse(document);
            return json.RootElement.ValueKind == JsonValueKind.Object ? OpenIdConnectConfiguration.Create(document) : new OpenIdConnectConfiguration();
        }
        catch (Exception exception) when (exception is JsonException or ArgumentException)
        {
            throw new ProviderException($"what is at {client.MetadataUrl} is not JSON. Check {client.SectionName}:Authority.", exception);
        }
    }

    private async Task<OpenIdConnectConfiguration> AskAsync()
    {
        try
        {
            return await base.GetConfigurationAsync(CancellationToken.None);
        }
        catch (Exception exception)
        {
            _askAgainAt = time.GetUtcNow() + OpenIdProvider.Pause;
            throw new ProviderException(OpenIdFailures.CauseOf(exception), exception);
        }
    }

    private sealed class Retriever(OpenIdClientOptions client) : IConfigurationRetriever<OpenIdConnectConfiguration>
    {
        public async Task<OpenIdConnectConfiguration> GetConfigurationAsync(string address, IDocumentRetriever retriever, CancellationToken cancel)
        {
            var metadata = Parse(await retriever.GetDocumentAsync(address, cancel), client);
            if (FaultOf(metadata, client) is { } fault)
            {
                throw new ProviderException(fault);
            }

            try
            {
                metadata.JsonWebKeySet = JsonWebKeySet.Create(await retriever.GetDocumentAsync(metadata.JwksUri, cancel));
            }
            catch (Exception exception) when (exception is JsonException or ArgumentException)
            {
                throw new ProviderException($"what is at {metadata.JwksUri} is not JSON.", exception);
            }

            foreach (var key in metadata.JsonWebKeySet.GetSigningKeys())
            {
                metadata.SigningKeys.Add(key);
            }

            return metadata.SigningKeys.Count > 0 ? metadata : throw new ProviderException($"there are no keys at {metadata.JwksUri}.");
        }
    }
}
