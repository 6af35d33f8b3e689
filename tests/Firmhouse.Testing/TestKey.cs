using Firmhouse.LoginLinks;
using Shouldly;

namespace Firmhouse.Testing;

/// <summary>A signing key, and the service's own verifier for links that claim to be signed with it.</summary>
internal sealed class TestKey(string id, TimeSpan maxLifetime)
{
    public const string PublicUrl = "https://login.example.com";
    public const string Secret = LinkSigner.Secret;

    public LoginLinkKey Key { get; } = new(id, Secret) { MaxLifetime = maxLifetime };

    /// <summary>Holds a whole link to the verifier.</summary>
    /// <returns>The link's fields.</returns>
    public LoginLink Verify(string url, string email)
    {
        url.ShouldStartWith($"{PublicUrl}/ssc-login?");
        url.All(c => c is > ' ' and < '\x7f').ShouldBeTrue(url);
        LoginLink.TryParse(LinkSigner.FieldsOf(new Uri(url).Query), out var link, out _).ShouldBeTrue(url);
        var check = LoginLinkVerifier.Verify(link, new Dictionary<string, LoginLinkKey>(StringComparer.Ordinal) { [Key.Id] = Key }, TimeProvider.System.GetUtcNow());
        check.Rejection.ShouldBeNull(url);
        check.Email.ShouldBe(email);
        link.EmailText.ShouldBe(email);
        return link;
    }
}
