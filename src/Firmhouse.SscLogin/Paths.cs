using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin;

internal static class Paths
{
    public const string Login = LoginLinkSigner.Path;

    /// <summary>Where a sign-in with the customer's shop account begins.</summary>
    public const string SignIn = $"{Login}/sign-in";

    /// <summary>Where the provider sends the customer back to: the redirect URI to register there.</summary>
    public const string SignInCallback = $"{SignIn}/callback";

    /// <summary>Takes the form that asks for a login e-mail.</summary>
    public const string Email = $"{Login}/email";

    public const string EmailSent = $"{Login}/email-sent";
}
