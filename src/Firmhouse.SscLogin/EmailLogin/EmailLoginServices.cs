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
    }
}
