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
    }

    /// <summary>Maps the form, and the page that follows it.</summary>
    public static void MapEmailLogin(this IEndpointRouteBuilder routes) => EmailLoginEndpoints.Map(routes);
}
