// Adds the client to an application's services and lets it configure the HttpClient, with StrawberryShake's names and signatures.

using System.Diagnostics.CodeAnalysis;
using Firmhouse.Client;
using Firmhouse.Client.BuiltIn;
using Firmhouse.Client.State;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StrawberryShake;

namespace Microsoft.Extensions.DependencyInjection;

/// <summary>Adds the client.</summary>
public static class FirmhouseClientServiceCollectionExtensions
{
    /// <summary>Adds <see cref="IFirmhouseClient"/>, and the <see cref="HttpClient"/> named <see cref="FirmhouseClient.ClientName"/>.</summary>
    /// <param name="services">The services to add to.</param>
    /// <param name="strategy">Where results may come from; mutations always come from the network.</param>
    /// <returns>The builder that configures the client.</returns>
    [SuppressMessage("Style", "IDE0060", Justification = "Part of the surface; without a store the strategy has no effect.")]
    public static IClientBuilder<FirmhouseClientStoreAccessor> AddFirmhouseClient(
        this IServiceCollection services,
        ExecutionStrategy strategy = ExecutionStrategy.NetworkOnly)
    {
        ArgumentNullException.ThrowIfNull(services);

        services.AddHttpClient(FirmhouseClient.ClientName);
        services.TryAddSingleton(provider => new FirmhouseClient(new OperationExecutor(provider.GetRequiredService<IHttpClientFactory>())));
        services.TryAddSingleton<IFirmhouseClient>(provider => provider.GetRequiredService<FirmhouseClient>());
        return new ClientBuilder(services);
    }

    private sealed class ClientBuilder(IServiceCollection services) : IClientBuilder<FirmhouseClientStoreAccessor>
    {
        public string ClientName => FirmhouseClient.ClientName;

        public IServiceCollection Services => services;
    }
}

/// <summary>Configures the client's <see cref="HttpClient"/>.</summary>
public static class ClientBuilderExtensions
{
    /// <summary>Configures the <see cref="HttpClient"/> and, optionally, the handlers below it.</summary>
    /// <typeparam name="T">Identifies the client among several.</typeparam>
    /// <param name="clientBuilder">The client's builder.</param>
    /// <param name="configureClient">Sets the endpoint, headers and the timeout.</param>
    /// <param name="configureClientBuilder">Adds handlers.</param>
    /// <returns>The same builder.</returns>
    public static IClientBuilder<T> ConfigureHttpClient<T>(
        this IClientBuilder<T> clientBuilder,
        Action<HttpClient> configureClient,
        Action<IHttpClientBuilder>? configureClientBuilder = null)
        where T : IStoreAccessor
    {
        ArgumentNullException.ThrowIfNull(configureClient);
        return clientBuilder.ConfigureHttpClient((_, client) => configureClient(client), configureClientBuilder);
    }

    /// <inheritdoc cref="ConfigureHttpClient{T}(IClientBuilder{T}, Action{HttpClient}, Action{IHttpClientBuilder}?)"/>
    public static IClientBuilder<T> ConfigureHttpClient<T>(
        this IClientBuilder<T> clientBuilder,
        Action<IServiceProvider, HttpClient> configureClient,
        Action<IHttpClientBuilder>? configureClientBuilder = null)
        where T : IStoreAccessor
    {
        ArgumentNullException.ThrowIfNull(clientBuilder);
        ArgumentNullException.ThrowIfNull(configureClient);

        var builder = clientBuilder.Services.AddHttpClient(clientBuilder.ClientName, configureClient);
        configureClientBuilder?.Invoke(builder);
        return clientBuilder;
    }
}
