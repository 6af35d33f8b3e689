using Firmhouse.Hosting.Settings;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin;

/// <summary>Checks the section <c>LoginLinks</c>.</summary>
/// <param name="configuration">Tells whether the service calls Firmhouse or a stand-in on this machine, and whether a sign-in is configured.</param>
/// <param name="time">Tells which keys have expired.</param>
internal sealed class LoginLinkOptionsValidator(IConfiguration configuration, TimeProvider time) : SettingsValidator<LoginLinkOptions>
{
    /// <summary>Finds out why links must not start with a URL.</summary>
    /// <param name="text">The address; not empty.</param>
    /// <returns>What is wrong and what to write instead; null for a valid URL.</returns>
    public static string? MistakeInPublicUrl(string text)
    {
        if (!(SecureUrl.TryParse(text, out var url)
            && !text.AsSpan().ContainsAny("?#@\\")
            && !text.Any(char.IsWhiteSpace)))
        {
            return "is not an https URL without a query. Give the address under which customers reach this service, such as https://login.example.com.";
        }

        var path = text.TrimEnd('/');
        return path.EndsWith(Paths.Login, StringComparison.OrdinalIgnoreCase) ? $"ends in {Paths.Login}, which links add themselves. Write {path[..^Paths.Login.Length]}." : null;
    }

    /// <inheritdoc />
    public override IEnumerable<SettingsMistake> FindFailures(LoginLinkOptions options)
    {
        if (!options.AllowUnsigned && options.Keys.Count == 0 && !HasSignIn())
        {
            yield return new("LoginLinks", "nothing is configured that could prove an address. Either configure the key that your links are signed with, "
                + "LoginLinks:Keys:<kid>:Secret (at least 32 random bytes, such as from: openssl rand -hex 32); "
                + "or let customers sign in with their shop account, SignIn; or set LoginLinks:AllowUnsigned=true, "
                + "which means that whoever knows a customer's address gets into that customer's account: "
                + "only behind a gateway that has proven the address, on a private network, or in a demo.");
        }
        else if (!options.AllowUnsigned && options.Keys.Count > 0 && !HasSignIn() && options.Keys.Values.All(HasEnded))
        {
            yield return new("LoginLinks:Keys", "the NotAfter of every key has passed, so no link is valid. Add a key, or move the NotAfter of one.");
        }

        if (options.PublicUrl.Length > 0 && MistakeInPublicUrl(options.PublicUrl) is { } mistake)
        {
            yield return new("LoginLinks:PublicUrl", mistake);
        }
        else if (options.PublicUrl.Length == 0 && configuration.GetSection("Api:Keys").GetChildren().Any())
        {
            yield return new("LoginLinks:PublicUrl", "is missing, and Api:Keys needs it. Give the address under which customers reach this service, such as https://login.example.com.");
        }

        foreach (var (kid, key) in options.Keys)
        {
            foreach (var failure in FindFailures(options, kid, key))
            {
                yield return failure;
            }
        }
    }

    /// <inheritdoc />
    public override IEnumerable<SettingsMistake> FindWarnings(LoginLinkOptions options)
    {
        if (options.AllowUnsigned)
        {
            yield return new("LoginLinks:AllowUnsigned", "is true, so whoever knows a customer's address gets into that customer's account. "
                + "Use this only behind a gateway that has proven the address, on a private network, or in a demo; otherwise set it to false.");
        }

        foreach (var kid in options.Keys.Where(entry => HasEnded(entry.Value)).Select(entry => entry.Key))
        {
            yield return new($"LoginLinks:Keys:{kid}:NotAfter", "has passed, so the key's links are not valid. Remove the key.");
        }

        foreach (var kid in options.Keys.Where(entry => SecretText.IsExample(entry.Value.Secret) && CallsStandIn()).Select(entry => entry.Key))
        {
            yield return new($"LoginLinks:Keys:{kid}:Secret", "is one of the documentation's, which everybody knows. It is accepted because Firmhouse:Endpoint is on this machine: if that leads to Firmhouse itself, replace the secret.");
        }
    }

    private bool HasEnded(LoginLinkKeySettings key) => key.NotAfter <= time.GetUtcNow();

    private IEnumerable<SettingsMistake> FindFailures(LoginLinkOptions options, string kid, LoginLinkKeySettings key)
    {
        var path = $"LoginLinks:Keys:{kid}";
        if (!LoginLink.IsKeyId(kid))
        {
            yield return new(path, "is not a key id. Use 1 to 16 of a-z, 0-9 and -.");
        }

        if (key.Once && string.IsNullOrWhiteSpace(configuration["ConnectionStrings:Postgres"]))
        {
            yield return new($"{path}:Once", "needs the store in which replicas remember used links. Set ConnectionStrings:Postgres, or Once to false.");
        }

        // A mistyped secret was reported when it was read.
        if (!SecretText.IsMistyped(key.Secret) && SecretText.WeaknessOf(key.Secret) is { } weakness)
        {
            yield return new($"{path}:Secret", weakness);
        }
        else if (SecretText.IsExample(key.Secret) && !CallsStandIn())
        {
            yield return new($"{path}:Secret", $"is one of the documentation's, which everybody knows. {SecretText.Remedy}");
        }
        else if (options.Keys.FirstOrDefault(other => other.Key != kid && other.Value.Secret == key.Secret) is { Key: { } twin })
        {
            yield return new($"{path}:Secret", $"is also the secret of the key {twin}, so removing one would not invalidate its links. Give each its own. {SecretText.Remedy}");
        }

        if (key.MaxLifetime <= TimeSpan.Zero || key.MaxLifetime > LoginLinkOptions.LifetimeLimit)
        {
            yield return new($"{path}:MaxLifetime", "must be above 0 and at most 30d. Typical values are 1h for a storefront and 7d for a campaign.");
        }
    }

    // A sign-in with the customer's shop account is a proof of another slice.
    private bool HasSignIn() => !string.IsNullOrWhiteSpace(configuration["SignIn:ClientId"]);

    // With a stand-in on this machine a published secret can harm no customer: the sandbox, tests, a first try.
    private bool CallsStandIn() => Uri.TryCreate(configuration["Firmhouse:Endpoint"]?.Trim(), UriKind.Absolute, out var endpoint) && endpoint.IsLoopback;
}
