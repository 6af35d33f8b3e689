using Firmhouse.Hosting.OpenId;
using Firmhouse.Hosting.Settings;
using Microsoft.AspNetCore.Authentication.OpenIdConnect;
using Microsoft.Extensions.Http.Resilience;
using Microsoft.Extensions.Options;
using Microsoft.IdentityModel.Protocols.OpenIdConnect;
using Polly;

namespace Firmhouse.SscLogin.SignIn;

/// <summary>Sets up the sign-in: the framework's handler, without its session and key ring, and the HTTP client that calls the provider.</summary>
internal static class SignInServices
{
    /// <summary>The scheme's name, and that of the HTTP client.</summary>
    public const string Scheme = "SignIn";

    private static readonly TimeSpan AttemptTimeout = TimeSpan.FromSeconds(5);
    private const int MaxAnswerBytes = 1024 * 1024;

    /// <summary>Adds the section, and where there is a sign-in, what it needs.</summary>
    /// <param name="services">The service's services.</param>
    /// <param name="configuration">Tells whether there is one. Switching it on takes a restart.</param>
    public static void AddSignIn(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddSettings<SignInOptions, SignInOptionsValidator>(SignInOptions.Section);
        if (!SignInOptions.IsOnIn(configuration))
        {
            return;
        }

        services.AddSingleton<SignInEndpoints>();
        services.AddSingleton<SignInEvents>();
        services.AddSingleton<SignInFailures>();
        // Not AddAuthentication: it brings data protection with a key ring on disk, and a middleware that creates
        // the handler for each request. Here the two endpoints create it.
        services.AddWebEncoders();
        services.AddTransient<SignInHandler>();
        services.AddSingleton<IPostConfigureOptions<OpenIdConnectOptions>, ProtocolSetup>();

        services.AddHttpClient(Scheme)
            .RemoveAllLoggers()
            .SetHandlerLifetime(Timeout.InfiniteTimeSpan)
            .ConfigurePrimaryHttpMessageHandler(static () => CreateHandler())
            .AddResilienceHandler(Scheme, static (pipeline, context) =>
            {
                pipeline.TimeProvider = context.ServiceProvider.GetRequiredService<TimeProvider>();

                // No retry: a code can be redeemed once, and the next customer's request fetches the metadata again.
                pipeline
                    .AddCircuitBreaker(new HttpCircuitBreakerStrategyOptions
                    {
                        FailureRatio = 0.5,
                        MinimumThroughput = 10,
                        SamplingDuration = TimeSpan.FromSeconds(30),
                        BreakDuration = SignInFailures.Pause,
                    })
                    .AddTimeout(new HttpTimeoutStrategyOptions { Timeout = AttemptTimeout });
            });
    }

    private static SocketsHttpHandler CreateHandler() => new()
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        ConnectTimeout = TimeSpan.FromSeconds(3),
        ActivityHeadersPropagator = null,
        PooledConnectionLifetime = TimeSpan.FromMinutes(15),
    };

    /// <summary>Puts the settings into the framework's options, whenever these are created.</summary>
    private sealed class ProtocolSetup(IOptionsMonitor<SignInOptions> settings, IHttpMessageHandlerFactory handlers, SignInEvents events, TimeProvider time)
        : IPostConfigureOptions<OpenIdConnectOptions>
    {
        public void PostConfigure(string? name, OpenIdConnectOptions options)
        {
            var signIn = settings.CurrentValue;
            options.Authority = NullIfEmpty(signIn.Authority);
            options.MetadataAddress = NullIfEmpty(signIn.MetadataAddress)!;
            options.RequireHttpsMetadata = false; // The settings' validator enforces it, and allows loopback.
            options.ClientId = signIn.ClientId;
            options.ClientSecret = signIn.ClientAuthentication == ClientAuthentication.Post ? signIn.ClientSecret : null;
            options.Scope.Clear();
            foreach (var scope in signIn.Scopes.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            {
                options.Scope.Add(scope);
            }

            options.ResponseType = OpenIdConnectResponseType.Code;
            options.ResponseMode = OpenIdConnectResponseMode.Query;
            options.UsePkce = true;
            options.PushedAuthorizationBehavior = PushedAuthorizationBehavior.Disable;
            options.DisableTelemetry = true;
            options.SaveTokens = false;
            options.MapInboundClaims = false;
            options.ClaimActions.Clear();
            options.GetClaimsFromUserInfoEndpoint = true;
            options.CallbackPath = Paths.SignInCallback;
            options.SignedOutCallbackPath = default;
            options.RemoteSignOutPath = default;
            options.RefreshInterval = SignInFailures.Pause; // Between two attempts at metadata that is unavailable, or whose keys have changed.
            options.RemoteAuthenticationTimeout = TimeSpan.FromMinutes(10);
            options.ProtocolValidator.RequireNonce = false; // SignInEvents keeps it in the state instead of a cookie.
            options.ProtocolValidator.RequireTimeStampInNonce = false;
            options.TimeProvider = time;
            options.Events = events;
            options.Backchannel = CreateClient(signIn);

            // The framework's own setup creates the rest: what protects the state, and what fetches the metadata.
            options.DataProtectionProvider = new SecretDataProtection(signIn.ClientSecret);
            new OpenIdConnectPostConfigureOptions(options.DataProtectionProvider).PostConfigure(name, options);
        }

        private HttpClient CreateClient(SignInOptions signIn)
        {
            var handler = handlers.CreateHandler(Scheme);
            if (signIn.ClientAuthentication == ClientAuthentication.Basic)
            {
#pragma warning disable CA2000 // The client disposes of it.
                handler = new BasicAuthenticationHandler(signIn.ClientId, signIn.ClientSecret, handler);
#pragma warning restore CA2000
            }

            // The timeout is for what comes after the headers, too.
            return new HttpClient(handler) { Timeout = AttemptTimeout + TimeSpan.FromSeconds(1), MaxResponseContentBufferSize = MaxAnswerBytes };
        }

        private static string? NullIfEmpty(string text) => text.Length > 0 ? text : null;
    }

}
