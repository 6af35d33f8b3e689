using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using Firmhouse.Hosting.Commands;
using Firmhouse.Hosting.Settings;
using Firmhouse.Hosting.Telemetry;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;

namespace Firmhouse.Hosting.OpenId;

/// <summary>The provider cannot be used. The message is ours, so that it may be logged: it holds no token and no query.</summary>
internal sealed class ProviderException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>How both programs sign somebody in: authorization code with PKCE (RFC 7636), signed tokens only, and calls that are bounded.</summary>
internal sealed class OpenIdProvider(IHttpMessageHandlerFactory connections, TimeProvider time)
{
    /// <summary>The asymmetric algorithms. Of the others, HS* would have the client secret for a key, and "none" has none.</summary>
    public static readonly string[] Algorithms = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512"];

    /// <summary>How long a failing provider is left alone, and people are asked to wait.</summary>
    public static readonly TimeSpan Pause = TimeSpan.FromSeconds(5);

    /// <summary>This program's name and version: some firewalls refuse clients that have none.</summary>
    public static readonly ProductInfoHeaderValue UserAgent = new(AppMetrics.Name, TelemetryServices.Version);

    private const string Connections = "OpenIdProvider";
    private const int MaxAnswerBytes = 1024 * 1024;

    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(5);

    public static void AddTo(IServiceCollection services)
    {
        services.AddSingleton<OpenIdProvider>();
        services.AddSingleton<OpenIdFailures>();

        // No retry and no circuit: a code is redeemed once, and whoever sends false ones must not close the way for the others.
        services.AddHttpClient(Connections).RemoveAllLoggers().SetHandlerLifetime(Timeout.InfiniteTimeSpan).ConfigurePrimaryHttpMessageHandler(static () => new SocketsHttpHandler
        {
            AllowAutoRedirect = false,
            UseCookies = false,
            ConnectTimeout = TimeSpan.FromSeconds(3),
            ActivityHeadersPropagator = null,
            PooledConnectionLifetime = TimeSpan.FromMinutes(15),
            MaxConnectionsPerServer = 100,
        });
    }

    /// <summary>Calls <paramref name="forget"/> when the client's own settings change, and for no other change: metadata and keys stay.</summary>
    public static void Follow<[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicParameterlessConstructor)] T>(IOptionsMonitor<T> settings, Func<T, OpenIdClientOptions> clientOf, Action forget)
    {
        var inForce = clientOf(settings.CurrentValue).Identity;
        settings.OnChange(changed =>
        {
            var identity = clientOf(changed).Identity;
            if (!Interlocked.Exchange(ref inForce, identity).Equals(identity))
            {
                forget();
            }
        });
    }

    /// <summary>Sets what does not depend on the program.</summary>
    /// <param name="name">The scheme's name.</param>
    /// <param name="protection">Seals the state.</param>
    public void Configure(OpenIdConnectOptions options, string? name, OpenIdClientOptions client, IDataProtectionProvider protection)
    {
        options.ClientId = client.ClientId;
        options.ClientSecret = client.ClientAuthentication == ClientAuthentication.Post ? client.ClientSecret : null;
        options.Scope.Clear();
        foreach (var scope in client.AllScopes)
        {
            options.Scope.Add(scope);
        }

        // The answer in the query: a form posted by the provider would need cookies that other sites may send.
        options.ResponseType = OpenIdConnectResponseType.Code;
        options.ResponseMode = OpenIdConnectResponseMode.Query;
        options.UsePkce = true;
        options.PushedAuthorizationBehavior = PushedAuthorizationBehavior.Disable;
        options.TokenValidationParameters.ValidAlgorithms = Algorithms;
        options.ProtocolValidator.RequireNonce = false; // OpenIdEvents keeps it in the state instead of a cookie.
        options.ProtocolValidator.RequireTimeStampInNonce = false;
        options.RemoteAuthenticationTimeout = TimeSpan.FromMinutes(10);
        options.DisableTelemetry = true;
        options.SaveTokens = false;
        options.MapInboundClaims = false;
        options.ClaimActions.Clear();

        // Front-channel logout is a GET that any site can send.
        options.RemoteSignOutPath = default;
        options.TimeProvider = time;
        options.DataProtectionProvider = protection;
#pragma warning disable CA2000 // The client disposes of it, and the options keep the client.
        options.Backchannel = new HttpClient(new CallHandler(client, time, connections.CreateHandler(Connections))) { Timeout = Timeout.InfiniteTimeSpan };
#pragma warning restore CA2000
        options.ConfigurationManager = new ProviderMetadata(client, options.Backchannel, time) { RefreshInterval = Pause };
        new OpenIdConnectPostConfigureOptions(protection).PostConfigure(name, options);
    }

    /// <summary>Around every call to the provider: who calls, over https only, within a time and a size.</summary>
    private sealed class CallHandler(OpenIdClientOptions client, TimeProvider time, HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        // Encoded as in forms (RFC 6749 §2.3.1); a space, which is written in two ways there, is read in both.
        private readonly AuthenticationHeaderValue _credentials = new(
            "Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Uri.EscapeDataString(client.ClientId)}:{Uri.EscapeDataString(client.ClientSecret)}")));

        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var url = request.RequestUri!;
            if (!SecureUrl.TryParse(url.AbsoluteUri, out _))
            {
                throw new ProviderException(ProviderMetadata.NotSecure(url.GetLeftPart(UriPartial.Path)));
            }

            request.Headers.UserAgent.Clear();
            request.Headers.UserAgent.Add(UserAgent);
            if (request.Method == HttpMethod.Post && client.ClientAuthentication == ClientAuthentication.Basic)
            {
                request.Headers.Authorization = _credentials;
            }

            using var timeout = new CancellationTokenSource(CallTimeout, time);
            using var end = CancellationTokenSource.CreateLinkedTokenSource(timeout.Token, cancellationToken);
            try
            {
                var response = await base.SendAsync(request, end.Token);
                await response.Content.LoadIntoBufferAsync(MaxAnswerBytes, end.Token);
                return FaultOf(request, response) is { } fault ? throw new ProviderException(fault) : response;
            }
            catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
            {
                throw new ProviderException($"{url.GetLeftPart(UriPartial.Path)} returned more than {MaxAnswerBytes} bytes.", exception);
            }
            catch (Exception exception) when (OnlineChecks.IsUnreachable(exception, cancellationToken))
            {
                throw new ProviderException(OnlineChecks.Unreachable(url, exception, $"{client.SectionName}:Authority"), exception);
            }
        }

        // The token endpoint says what is wrong with a request by 400 or 401 and a body (RFC 6749 §5.2).
        private static string? FaultOf(HttpRequestMessage request, HttpResponseMessage response) =>
            response.IsSuccessStatusCode || (request.Method == HttpMethod.Post && (int)response.StatusCode is >= 400 and < 500 and not (int)HttpStatusCode.TooManyRequests)
                ? null
                : $"{request.RequestUri!.GetLeftPart(UriPartial.Path)} {Returned(response)}.";
    }

    /// <summary>What an address answered instead of a document, to end a sentence.</summary>
    public static string Returned(HttpResponseMessage response) => response.Headers.Location is { } location
        ? $"redirects to {location.OriginalString.Split('?', '#')[0]}"
        : $"returned {(int)response.StatusCode}";
}
