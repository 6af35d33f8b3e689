using Firmhouse.Client;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.SscLogin.EmailLogin;

/// <summary>Adds and maps the e-mail login.</summary>
internal static class EmailLoginServices
{
    /// <summary>Adds the slice.</summary>
    public static void AddEmailLogin(this IServiceCollection services)
    {
        services.AddSingleton<EmailLimits>();
        services.AddSingleton<EmailLoginQueue>();
        services.AddHostedService(static provider => provider.GetRequiredService<EmailLoginQueue>());
        services.AddSingleton<EmailLoginEndpoints>();

        // Unchecked: a mistake in the one section is not to be reported for the other.
        services.AddOptions<FirmhouseOptions>().PostConfigure<SettingsMonitor<RateLimitOptions>>(static (firmhouse, limits) =>
            firmhouse.EmailsOfOneClient = limits.Unchecked() is { Enabled: true, EmailsPerClient: var limit }
                ? (int)Math.Clamp(Math.Ceiling(limit.Permits * (1 + (firmhouse.CircuitBreaker.SamplingDuration / limit.Window))), 0, int.MaxValue - 1)
                : 0);
    }

    /// <summary>Maps the form, and the page that follows it.</summary>
    public static void MapEmailLogin(this IEndpointRouteBuilder routes) => EmailLoginEndpoints.Map(routes);
}
