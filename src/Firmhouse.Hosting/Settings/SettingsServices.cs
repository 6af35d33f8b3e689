using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.Settings;

internal static class SettingsServices
{
    /// <summary>Adds options that are read from a section, checked at start, and read again when the configuration changes, for
    /// <see cref="IOptionsMonitor{TOptions}"/>. The host validates them before it starts anything.</summary>
    public static OptionsBuilder<T> AddSettings<T, [DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicConstructors)] TValidator>(
        this IServiceCollection services, string section)
        where T : class, ISettings, new()
        where TValidator : SettingsValidator<T>
    {
        services.AddSingleton<SettingsValidator<T>, TValidator>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<SettingsMonitor<T>>(provider, section));
        services.AddSingleton<IOptionsMonitor<T>>(static provider => provider.GetRequiredService<SettingsMonitor<T>>());
        services.AddSingleton<ISettingsSection>(static provider => provider.GetRequiredService<SettingsMonitor<T>>());
        services.AddSingleton(static provider => Options.Create(provider.GetRequiredService<SettingsMonitor<T>>().CurrentValue));
        return services.AddOptions<T>().ValidateOnStart();
    }
}
