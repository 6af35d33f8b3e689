namespace Firmhouse.SscLogin.Login;

/// <summary>Adds and maps the login.</summary>
internal static class LoginServices
{
    /// <summary>Adds the slice.</summary>
    public static void AddLogin(this IServiceCollection services)
    {
        services.AddSingleton<LoginRecorder>();
        services.AddSingleton<LoginEndpoints>();
    }

    /// <summary>Maps <c>/ssc-login</c>.</summary>
    public static void MapLogin(this IEndpointRouteBuilder routes) => LoginEndpoints.Map(routes);
}
