using Firmhouse.Testing;
using Microsoft.AspNetCore.WebUtilities;
using Shouldly;

namespace Firmhouse.LoginLinks.Tests;

/// <summary>A signing key, and the service's own verifier for links that claim to be signed with it.</summary>
internal sealed class TestKey : IDisposable
{
    public const string PublicUrl = "https://login.example.com";
    public const string Secret = "test-secret-not-for-production-0001";

    private readonly LoginLinkSettings _settings;
    private readonly LoginLinkVerifier _verifier;

    public TestKey(string id, TimeSpan maxLifetime)
    {
        _settings = new LoginLinkSettings(($"LoginLinks:Keys:{id}:Secret", Secret), ($"LoginLinks:Keys:{id}:MaxLifetime", maxLifetime.ToString("c")));
        _verifier = new LoginLinkVerifier(_settings.Live, TimeProvider.System);
        Settings = _settings.Live.CurrentValue.Keys[id];
    }

    public LoginLinkKeySettings Settings { get; }

    /// <summary>Holds a whole link to the verifier.</summary>
    /// <returns>The link's fields.</returns>
    public LoginLink Verify(string url, string email)
    {
        url.ShouldStartWith($"{PublicUrl}/ssc-login?");
        url.All(c => c is > ' ' and < '\x7f').ShouldBeTrue(url);
        var query = QueryHelpers.ParseQuery(new Uri(url).Query);
        LoginLink.TryParse(LoginFields.From(query), out var link, out _).ShouldBeTrue(url);
        var check = _verifier.Verify(link);
        check.Refusal.ShouldBeNull(url);
        check.Email.ShouldBe(email);
        link.EmailText.ShouldBe(email);
        return link;
    }

    public void Dispose() => _settings.Dispose();
}
