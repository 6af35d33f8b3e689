using System.Diagnostics;
using Firmhouse.Testing;

namespace Firmhouse.SscLogin.Tests.SignIn;

/// <summary>npm's <c>oidc-provider</c>, which is certified by the OpenID Foundation, as a process of its own (<c>tests/oidc-provider</c>).</summary>
internal sealed class OidcProvider : IAsyncDisposable
{
    /// <summary>What a test needs that uses it.</summary>
    public const string Node = "node", Modules = "tests/oidc-provider/node_modules";

    private readonly Process _process;

    private OidcProvider(Process process, string issuer) => (_process, Issuer) = (process, issuer);

    /// <summary>Its address, too.</summary>
    public string Issuer { get; }

    /// <summary>Starts it.</summary>
    /// <param name="idTokenClaims">Whether the address stands in the ID token, or only at the userinfo endpoint.</param>
    public static async Task<OidcProvider> StartAsync(bool idTokenClaims = true)
    {
        var process = Executable.Start("node", [Repository.PathOf("tests/oidc-provider/provider.mjs"), $"{{\"idTokenClaims\":{(idTokenClaims ? "true" : "false")}}}"]);
        process.ErrorDataReceived += static (_, _) => { };
        process.BeginErrorReadLine();
        var issuer = await process.StandardOutput.ReadLineAsync().WaitAsync(Timeouts.Hang);
        return new OidcProvider(process, issuer ?? throw new InvalidOperationException("oidc-provider did not start."));
    }

    /// <summary>The service's settings for one of its two clients.</summary>
    public (string Key, string Value)[] Settings(string authentication = "Basic")
    {
        var client = authentication.ToLowerInvariant();
        return
        [
            ("LoginLinks:AllowUnsigned", "false"),
            ("SignIn:Authority", Issuer),
            ("SignIn:ClientId", $"shop-{client}"),
            ("SignIn:ClientSecret", $"oidc-provider-secret:/+%&_not-for-production_{client}"),
            ("SignIn:ClientAuthentication", authentication),
        ];
    }

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        await _process.WaitForExitAsync();
        _process.Dispose();
    }
}
