using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.Settings;

/// <summary>Adds options that are read from a section, checked at start, and read again when the configuration changes.</summary>
internal static class SettingsServices
{
    /// <summary>
    /// Adds <typeparamref name="T"/>, for <see cref="IOptionsMonitor{TOptions}"/>. The host validates it before it starts
    /// anything (<see cref="OptionsBuilderExtensions.ValidateOnStart"/>).
    /// </summary>
    /// <param name="services">The service's services.</param>
    /// <param name="section">The section's name, such as <c>Firmhouse</c>.</param>
    /// <typeparam name="T">The options. The defaults are the initial values of its properties.</typeparam>
    /// <typeparam name="TValidator">What checks them.</typeparam>
    public static OptionsBuilder<T> AddSettings<T, TValidator>(this IServiceCollection services, string section)
        where T : class, new()
        where TValidator : SettingsValidator<T>
    {
        services.AddSingleton(provider => new SectionReader<T>(provider.GetRequiredService<IConfiguration>(), section));
        services.AddSingleton<IConfigureOptions<T>>(static provider => provider.GetRequiredService<SectionReader<T>>());
        services.AddSingleton<IValidateOptions<T>>(static provider => provider.GetRequiredService<SectionReader<T>>());
        services.AddSingleton<IValidateOptions<T>, TValidator>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<SettingsFactory<T>>(provider, section));
        services.AddSingleton<IOptionsFactory<T>>(static provider => provider.GetRequiredService<SettingsFactory<T>>());
        services.AddSingleton<ISettingsSection>(static provider => provider.GetRequiredService<SettingsFactory<T>>());
        services.AddSingleton<IOptionsChangeTokenSource<T>>(
            static provider => new ConfigurationChangeTokenSource<T>(provider.GetRequiredService<IConfiguration>()));
        return services.AddOptions<T>().ValidateOnStart();
    }
}
