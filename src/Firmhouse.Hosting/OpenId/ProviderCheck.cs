using System.Diagnostics.CodeAnalysis;
using Firmhouse.Hosting.Commands;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Tokens;

namespace Firmhouse.Hosting.OpenId;

/// <summary>Reads the provider's metadata and keys, as a sign-in does (OpenID Connect Discovery §4).</summary>
internal sealed class ProviderCheck<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(
    IHttpClientFactory http, IOptionsMonitor<T> settings, Func<T, OpenIdClientOptions> clientOf) : IOnlineCheck
{
    public async Task<IReadOnlyList<OnlineCheck>> RunAsync(CancellationToken cancellationToken)
    {
        var client = clientOf(settings.CurrentValue);
        if (client.ClientId.Length == 0)
        {
            return [];
        }

        try
        {
            var metadata = ProviderMetadata.Parse(
                await ReadAsync(client, client.MetadataUrl, "the discovery document's address", $"Check {client.SectionName}:Authority: {client.MetadataUrl} must be there.", cancellationToken), client);
            if (ProviderMetadata.FaultOf(metadata, client) is { } fault)
            {
                return [Line(CheckResult.Fault, fault)];
            }

            var keys = JsonWebKeySet.Create(await ReadAsync(client, metadata.JwksUri, "the keys' address", $"The metadata names {metadata.JwksUri}.", cancellationToken));
            return [keys.GetSigningKeys().Count > 0
                ? Line(CheckResult.Ok, $"{new Uri(client.MetadataUrl).Host} has a discovery document with all that is needed.")
                : Line(CheckResult.Fault, $"there are no keys at {metadata.JwksUri}.")];
        }
        catch (ProviderException exception)
        {
            return [Line(CheckResult.Fault, exception.Message)];
        }
        catch (ArgumentException)
        {
            return [Line(CheckResult.Fault, "what the keys' address returned is not JSON.")];
        }
    }

    private static OnlineCheck Line(CheckResult result, string text) => new(result, "Sign-in", text);

    private async Task<string> ReadAsync(OpenIdClientOptions client, string address, string what, string remedy, CancellationToken cancellationToken)
    {
        var url = new Uri(address);
        try
        {
            using var calls = http.CreateClient(OnlineChecks.ClientName);
            calls.DefaultRequestHeaders.UserAgent.Add(OpenIdProvider.UserAgent);
            using var response = await calls.GetAsync(url, cancellationToken);
            return response.IsSuccessStatusCode
                ? await response.Content.ReadAsStringAsync(cancellationToken)
                : throw new ProviderException($"{what} {OpenIdProvider.Returned(response)}. {remedy}");
        }
        catch (Exception exception) when (OnlineChecks.IsUnreachable(exception, cancellationToken))
        {
            throw new ProviderException(OnlineChecks.Unreachable(url, exception, $"{client.SectionName}:Authority"), exception);
        }
    }
}
