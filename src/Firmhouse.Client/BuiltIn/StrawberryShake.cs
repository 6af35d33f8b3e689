// What the application uses of StrawberryShake's own types: same names, same namespaces, same signatures.

using Firmhouse.Client;
using Firmhouse.Client.BuiltIn;
using Firmhouse.Client.State;
using Microsoft.Extensions.DependencyInjection.Extensions;
using StrawberryShake;

namespace StrawberryShake
{
    internal interface IOperationResult
    {
        /// <summary>The errors in the response, and those found while reading it.</summary>
        IReadOnlyList<IClientError> Errors { get; }
    }

    internal interface IOperationResult<TResultData> : IOperationResult
        where TResultData : class
    {
        /// <summary>Null if the response had none, or it did not match the schema.</summary>
        TResultData? Data { get; }
    }

    internal interface IClientError
    {
        string Message { get; }

        /// <summary>The server's <c>extensions.code</c>, or the client's own code.</summary>
        string? Code { get; }

        /// <summary>The exception behind an error that the client found.</summary>
        Exception? Exception { get; }

        IReadOnlyDictionary<string, object?>? Extensions { get; }
    }

    /// <summary>Tells the builders of several clients apart; there is no store here.</summary>
    internal interface IStoreAccessor;

    internal interface IClientBuilder<T>
        where T : IStoreAccessor
    {
        string ClientName { get; }

        IServiceCollection Services { get; }
    }
}

namespace Firmhouse.Client.State
{
    internal abstract class FirmhouseClientStoreAccessor : IStoreAccessor;
}

namespace Microsoft.Extensions.DependencyInjection
{
    internal static class FirmhouseClientServiceCollectionExtensions
    {
        /// <summary>Adds <see cref="IFirmhouseClient"/>, and the <see cref="HttpClient"/> named <see cref="FirmhouseClient.ClientName"/>.</summary>
        public static IClientBuilder<FirmhouseClientStoreAccessor> AddFirmhouseClient(this IServiceCollection services)
        {
            services.AddHttpClient(FirmhouseClient.ClientName);
            services.TryAddSingleton(static provider => new FirmhouseClient(new OperationExecutor(provider.GetRequiredService<IHttpClientFactory>())));
            services.TryAddSingleton<IFirmhouseClient>(static provider => provider.GetRequiredService<FirmhouseClient>());
            return new ClientBuilder(services);
        }

        private sealed class ClientBuilder(IServiceCollection services) : IClientBuilder<FirmhouseClientStoreAccessor>
        {
            public string ClientName => FirmhouseClient.ClientName;

            public IServiceCollection Services => services;
        }
    }

    internal static class ClientBuilderExtensions
    {
        public static IClientBuilder<T> ConfigureHttpClient<T>(
            this IClientBuilder<T> clientBuilder,
            Action<IServiceProvider, HttpClient> configureClient,
            Action<IHttpClientBuilder>? configureClientBuilder = null)
            where T : IStoreAccessor
        {
            var builder = clientBuilder.Services.AddHttpClient(clientBuilder.ClientName, configureClient);
            configureClientBuilder?.Invoke(builder);
            return clientBuilder;
        }
    }
}
