using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using System.Security.Authentication;

namespace Firmhouse.Hosting.Commands;

internal enum CheckResult { Ok, Warning, Fault }

/// <summary>One line of the report of <c>check-config --online</c>.</summary>
/// <param name="Text">What was found, and the fix where there is one.</param>
internal sealed record OnlineCheck(CheckResult Result, string Subject, string Text);

/// <summary>A part of <c>check-config --online</c>, which contacts what the settings name and changes nothing there.</summary>
internal interface IOnlineCheck
{
    /// <returns>One line each, within <see cref="OnlineChecks.Timeout"/>; none where the settings name nothing.</returns>
    Task<IReadOnlyList<OnlineCheck>> RunAsync(CancellationToken cancellationToken);
}

internal static class OnlineChecks
{
    /// <summary>The name of the HTTP client that asks for everything but Firmhouse's login.</summary>
    public const string ClientName = "online-checks";

    public static readonly TimeSpan Timeout = TimeSpan.FromSeconds(5);

    public static void AddOnlineCheck<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] T>(this IServiceCollection services)
        where T : class, IOnlineCheck
    {
        services.AddSingleton<IOnlineCheck, T>();
        services.AddHttpClient(ClientName, static client => client.Timeout = Timeout).RemoveAllLoggers().ConfigurePrimaryHttpMessageHandler(
            static () => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Timeout });
    }

    // SocketsHttpHandler passes on the socket's own exception when a connection is reset before its first use.
    public static bool IsUnreachable(Exception exception, CancellationToken cancellationToken) =>
        exception is HttpRequestException or IOException or SocketException or AuthenticationException || IsTimeout(exception, cancellationToken);

    public static bool IsTimeout(Exception exception, CancellationToken cancellationToken) =>
        exception is TimeoutException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    /// <summary>Why a URL cannot be reached, and what to check.</summary>
    public static string Unreachable(Uri url, Exception? exception, string setting) => ((exception as HttpRequestException)?.HttpRequestError, exception?.GetBaseException()) switch
    {
        (HttpRequestError.ProxyTunnelError, _) => $"the egress proxy does not let {url.Host} through. Allow it there, or set NO_PROXY.",
        (HttpRequestError.NameResolutionError, _) or (_, SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain }) =>
            $"DNS has no address for {url.Host}. Check {setting}, and this machine's DNS.",
        (HttpRequestError.SecureConnectionError, _) or (_, AuthenticationException) =>
            $"the certificate of {url.Host} is not trusted. Check this machine's clock and root certificates, and whether a proxy opens TLS on the way.",
        (_, SocketException { SocketErrorCode: SocketError.ConnectionRefused }) => $"nothing listens at {url.Host}:{url.Port}. Check {setting}.",
        _ => $"no answer from {url.Host}:{url.Port} within its time. Check {setting}, and that a firewall or egress proxy lets this machine reach it.",
    };
}
