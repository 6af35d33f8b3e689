using Firmhouse.Client;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.SscLogin.EmailLogin;

internal static class EmailLoginServices
{
    public static void AddEmailLogin(this IServiceCollection services)
    {
        services.AddSingleton<EmailLimits>();
        services.AddSingleton<EmailLoginQueue>();
        services.AddHostedService(static provider => provider.GetRequiredService<EmailLoginQueue>());
        services.AddSingleton<SentAddress>();
        services.AddSingleton<EmailLoginEndpoints>();

        // Unchecked: a mistake in the one section is not to be reported for the other.
        services.AddOptions<FirmhouseOptions>().PostConfigure<SettingsMonitor<RateLimitOptions>>(static (firmhouse, limits) =>
            firmhouse.EmailsOfOneClient = limits.Unchecked() is { Enabled: true, EmailsPerClient: var limit }
                ? (int)Math.Clamp(Math.Ceiling(limit.Permits * (1 + (firmhouse.CircuitBreaker.SamplingDuration / limit.Window))), 0, int.MaxValue - 1)
                : 0);
    }
}
