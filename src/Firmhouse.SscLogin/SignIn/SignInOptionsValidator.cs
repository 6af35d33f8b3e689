using System.Text;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.SscLogin.SignIn;

/// <summary>Checks the section <c>SignIn</c>.</summary>
internal sealed class SignInOptionsValidator : SettingsValidator<SignInOptions>
{
    private const string MetadataPath = "/.well-known/openid-configuration";
    private const int MinSecretBytes = 16;

    private static readonly string[] MicrosoftHosts = ["microsoftonline.com", "microsoftonline.us", "microsoftonline.cn", "windows.net"];

    // The last one is the tenant of all personal Microsoft accounts.
    private static readonly string[] OpenTenants = ["common", "organizations", "consumers", "9188040d-6c67-4c5b-b112-36a304b66dad", "{tenantid}"];

    /// <inheritdoc />
    public override IEnumerable<SettingsMistake> FindFailures(SignInOptions options)
    {
        if (!options.IsOn)
        {
            return new[] { options.Authority, options.MetadataAddress, options.Issuer, options.ClientSecret }.Any(value => value.Length > 0)
                ? [new("SignIn:ClientId", "is missing, although other SignIn settings are present. Give the client id that the provider assigned, or remove the section.")]
                : [];
        }

        return [.. FindFailuresOfAddresses(options), .. FindFailuresOfClient(options)];
    }

    /// <inheritdoc />
    public override IEnumerable<SettingsMistake> FindWarnings(SignInOptions options)
    {
        if (options is { IsOn: true, EmailTrust: EmailTrust.Provider })
        {
            yield return new("SignIn:EmailTrust", "is Provider, so every address from this provider is trusted, even one marked as unverified. "
                + "Use this only if the provider verifies every address; otherwise set it to VerifiedClaim.");
        }
    }

    private static IEnumerable<SettingsMistake> FindFailuresOfAddresses(SignInOptions options)
    {
        if (options.Authority.Length == 0 && options.MetadataAddress.Length == 0)
        {
            yield return new("SignIn:Authority", "is missing. Give the provider's issuer, such as https://accounts.example.com; "
                + $"if its metadata is not published below it, give SignIn:MetadataAddress (which ends in {MetadataPath}) and SignIn:Issuer.");
        }
        else if (options.Authority.Length > 0 && options.MetadataAddress.Length > 0)
        {
            yield return new("SignIn:Authority", "is set together with SignIn:MetadataAddress. Remove it; if the issuer differs, set SignIn:Issuer.");
        }

        if (options.Authority.EndsWith(MetadataPath, StringComparison.OrdinalIgnoreCase))
        {
            yield return new("SignIn:Authority", $"is the address of the metadata. Write {options.Authority[..^MetadataPath.Length]}, or give it as SignIn:MetadataAddress and the issuer as SignIn:Issuer.");
        }

        (string Key, string Value)[] addresses = [("Authority", options.Authority), ("MetadataAddress", options.MetadataAddress), ("Issuer", options.Issuer)];
        foreach (var (key, value) in addresses.Where(address => address.Value.Length > 0))
        {
            if (!SecureUrl.TryParse(value, out var url)
                || url.Fragment.Length > 0 || (key != "MetadataAddress" && url.Query.Length > 0))
            {
                yield return new($"SignIn:{key}", "is not an https URL (http is for loopback only). Copy it from the provider's metadata.");
            }
            else if (IsOpenTenant(url))
            {
                yield return new($"SignIn:{key}", $"is shared by all Microsoft tenants, and anybody can create a tenant and put any address into an account. Name yours by its id in place of {url.Segments[1].Trim('/')}.");
            }
        }

        if (options.EmailTrust == EmailTrust.Provider && options.PinnedIssuer.Length == 0)
        {
            yield return new("SignIn:EmailTrust", "is Provider, but only the provider's own metadata says who it is. Set SignIn:Issuer to the issuer that verifies every address.");
        }
    }

    private static IEnumerable<SettingsMistake> FindFailuresOfClient(SignInOptions options)
    {
        if (options.ClientSecret.Length == 0)
        {
            yield return new("SignIn:ClientSecret", "is missing. Register this service at the provider as a confidential client, and set the secret by the "
                + "environment variable SignIn__ClientSecret or a file of that name in the secrets directory.");
        }
        else if (!SecretText.IsMistyped(options.ClientSecret) && Encoding.UTF8.GetByteCount(options.ClientSecret) < MinSecretBytes)
        {
            yield return new("SignIn:ClientSecret", $"has fewer than {MinSecretBytes} bytes, and what protects a sign-in is derived from it. Have the provider make a longer one.");
        }

        if (!options.Scopes.Split(' ').Contains("openid", StringComparer.Ordinal))
        {
            yield return new("SignIn:Scopes", "must include openid, or no ID token is issued. Use: openid email");
        }
    }

    private static bool IsOpenTenant(Uri url) =>
        url.Segments.Length > 1
        && Array.Exists(MicrosoftHosts, host => url.Host.Equals(host, StringComparison.OrdinalIgnoreCase) || url.Host.EndsWith($".{host}", StringComparison.OrdinalIgnoreCase))
        && OpenTenants.Contains(Uri.UnescapeDataString(url.Segments[1]).Trim('/'), StringComparer.OrdinalIgnoreCase);
}
