using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.OpenId;

/// <summary>How a program authenticates to its provider: <c>client_secret_basic</c> or <c>client_secret_post</c> (OpenID Connect Core §9).</summary>
internal enum ClientAuthentication { Basic, Post }

/// <summary>A section of the settings that says who a program is at its OpenID provider.</summary>
internal abstract class OpenIdClientOptions : ISettings
{
    /// <summary>The provider's issuer, if its metadata is below it.</summary>
    public string Authority { get; set; } = string.Empty;

    /// <summary>The address of the metadata, for a provider whose issuer is another address.</summary>
    public string MetadataAddress { get; set; } = string.Empty;

    /// <summary>Who must have issued a token, if not <see cref="Authority"/>.</summary>
    public string Issuer { get; set; } = string.Empty;

    public string ClientId { get; set; } = string.Empty;

    /// <summary>What the program seals for a browser is sealed with keys that depend on it.</summary>
    [Secret]
    public string ClientSecret { get; set; } = string.Empty;

    public ClientAuthentication ClientAuthentication { get; set; }

    internal abstract string SectionName { get; }

    internal abstract IEnumerable<string> AllScopes { get; }

    /// <summary>Who must have issued a token; empty: the issuer that the metadata names.</summary>
    internal string PinnedIssuer => Issuer.Length > 0 ? Issuer : Authority;

    /// <summary>Where the metadata is (OpenID Connect Discovery §4).</summary>
    internal string MetadataUrl => MetadataAddress.Length > 0 ? MetadataAddress : $"{Authority.TrimEnd('/')}{OpenIdClientRules.MetadataPath}";

    /// <summary>Equal for settings that need neither other metadata nor another state.</summary>
    internal object Identity => (MetadataUrl, PinnedIssuer, ClientId, ClientSecret, ClientAuthentication, string.Join(' ', AllScopes));
}

internal static class OpenIdClientRules
{
    public const string MetadataPath = "/.well-known/openid-configuration";

    private const string NewSecret = "Have the provider make a random one of 32 bytes or more.";

    private static readonly string[] MicrosoftHosts = ["microsoftonline.com", "microsoftonline.us", "microsoftonline.cn", "windows.net"];

    // The last one is the tenant of all personal Microsoft accounts.
    private static readonly string[] OpenTenants = ["common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad", "{tenantid}"];

    public static IEnumerable<SettingsMistake> FindFailures(OpenIdClientOptions client) => [.. FindFailuresOfAddresses(client), .. FindFailuresOfSecret(client)];

    public static IEnumerable<SettingsMistake> FindWarnings(OpenIdClientOptions client)
    {
        if (SecretText.IsExample(client.ClientSecret) && IsOnThisMachine(client))
        {
            yield return new($"{client.SectionName}:ClientSecret", $"is one of the documentation's, which everybody knows. It is accepted because the provider is on this machine; replace it before using another.");
        }
    }

    private static IEnumerable<SettingsMistake> FindFailuresOfAddresses(OpenIdClientOptions client)
    {
        var section = client.SectionName;
        (string Key, string Value, bool MayHaveQuery)[] addresses =
            [($"{section}:Authority", client.Authority, false), ($"{section}:MetadataAddress", client.MetadataAddress, true), ($"{section}:Issuer", client.Issuer, false)];
        return SettingsMistakes.Of(
        [
            (client.Authority.Length == 0 && client.MetadataAddress.Length == 0, $"{section}:Authority", $"is missing. Give the provider's issuer, such as https://accounts.example.com; "
                + $"if its metadata is not published below it, give {section}:MetadataAddress (which ends in {MetadataPath}) and {section}:Issuer."),
            (client.Authority.Length > 0 && client.MetadataAddress.Length > 0, $"{section}:Authority",
                $"is set together with {section}:MetadataAddress. Remove it; if the issuer differs, set {section}:Issuer."),
            (client.Authority.EndsWith(MetadataPath, StringComparison.OrdinalIgnoreCase), $"{section}:Authority",
                $"is the address of the metadata. Write {client.Authority.Replace(MetadataPath, string.Empty, StringComparison.OrdinalIgnoreCase)}, or give it as {section}:MetadataAddress and the issuer as {section}:Issuer."),
            .. addresses.Select(static address => (address.Value.Length > 0 && !IsProviderAddress(address.Value, address.MayHaveQuery), address.Key,
                "is not an https URL (http is for loopback only). Copy it from the provider's metadata.")),
            .. addresses.Select(static address => (OpenTenantIn(address.Value) is not null, address.Key,
                $"is shared by all Microsoft tenants, and anybody can create a tenant and put any address into an account. Name yours by its id in place of {OpenTenantIn(address.Value)}.")),
        ]);
    }

    // A mistyped secret was reported when it was read.
    private static IEnumerable<SettingsMistake> FindFailuresOfSecret(OpenIdClientOptions client)
    {
        if (client.ClientSecret.Length == 0)
        {
            yield return new($"{client.SectionName}:ClientSecret", $"is missing. Register this program at the provider as a confidential client, and set the secret by the "
                + $"environment variable {client.SectionName.Replace(":", "__", StringComparison.Ordinal)}__ClientSecret or a file of that name in the secrets directory.");
        }
        else if (!SecretText.IsMistyped(client.ClientSecret) && SecretText.WeaknessOf(client.ClientSecret) is { } weakness)
        {
            yield return new($"{client.SectionName}:ClientSecret", weakness.Replace(SecretText.Remedy, NewSecret, StringComparison.Ordinal));
        }
        else if (SecretText.IsExample(client.ClientSecret) && !IsOnThisMachine(client))
        {
            yield return new($"{client.SectionName}:ClientSecret", $"is one of the documentation's, which everybody knows. {NewSecret}");
        }
    }

    private static bool IsOnThisMachine(OpenIdClientOptions client) => Uri.TryCreate(client.MetadataUrl, UriKind.Absolute, out var url) && url.IsLoopback;

    private static bool IsProviderAddress(string text, bool mayHaveQuery) =>
        SecureUrl.TryParse(text, out var url) && url.Fragment.Length == 0 && (mayHaveQuery || url.Query.Length == 0);

    private static string? OpenTenantIn(string address) =>
        SecureUrl.TryParse(address, out var url) && url.Segments.Length > 1
        && Array.Exists(MicrosoftHosts, host => url.Host.Equals(host, StringComparison.OrdinalIgnoreCase) || url.Host.EndsWith($".{host}", StringComparison.OrdinalIgnoreCase))
        && OpenTenants.Contains(Uri.UnescapeDataString(url.Segments[1]).Trim('/'), StringComparer.OrdinalIgnoreCase) ? url.Segments[1].Trim('/') : null;
}
