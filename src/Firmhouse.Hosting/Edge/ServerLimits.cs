using Firmhouse.Hosting.Settings;
using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Firmhouse.Hosting.Edge;

/// <summary>Kestrel's limits that an operator may change: section <c>Kestrel:Limits</c>, by Kestrel's own names. The framework does not
/// read it.</summary>
[AtStart]
internal sealed class ServerLimitOptions : ISettings
{
    public const string Section = "Kestrel:Limits";

    /// <summary>How long a connection may wait for its next request. Longer than a load balancer keeps its own, or the balancer sends a
    /// request just when it is closed; Google's keeps them for 10 minutes. Default: 11 minutes.</summary>
    public TimeSpan KeepAliveTimeout { get; set; } = TimeSpan.FromMinutes(11);

    /// <summary>How long a request's headers may take. Default: 10 s.</summary>
    public TimeSpan RequestHeadersTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Connections in all. Default: as many as the memory bears.</summary>
    public int? MaxConcurrentConnections { get; set; }
}

internal sealed class ServerLimitOptionsValidator : SettingsValidator<ServerLimitOptions>
{
    public override IEnumerable<SettingsMistake> FindFailures(ServerLimitOptions options) => SettingsMistakes.Of(
        (options.KeepAliveTimeout < TimeSpan.FromSeconds(1) || options.KeepAliveTimeout > TimeSpan.FromDays(1),
            "Kestrel:Limits:KeepAliveTimeout", "must be between 00:00:01 and 1.00:00:00. The default is 00:11:00."),
        (options.RequestHeadersTimeout < TimeSpan.FromSeconds(1) || options.RequestHeadersTimeout > TimeSpan.FromMinutes(5),
            "Kestrel:Limits:RequestHeadersTimeout", "must be between 00:00:01 and 00:05:00. The default is 00:00:10."),
        (options.MaxConcurrentConnections < 1, "Kestrel:Limits:MaxConcurrentConnections", "must be at least 1. Without it, the memory sets the end."));
}

/// <summary>What one connection may use, and how many there may be. With all of them in use the process stays within a container of
/// 256 MiB (<c>tests/scripts/memory.sh</c>).</summary>
internal static class ServerLimits
{
    // The most memory that a connection takes: 32 KB of headers in the server's buffers, and as much again for everything else.
    private const int BytesOfOneConnection = 128 * 1024;

    public static void AddServerLimits(this IServiceCollection services)
    {
        services.AddSettings<ServerLimitOptions, ServerLimitOptionsValidator>(ServerLimitOptions.Section);
        services.AddOptions<KestrelServerOptions>().Configure<SettingsMonitor<ServerLimitOptions>>(static (kestrel, options) => SetLimits(kestrel, options.CurrentValue));
    }

    private static void SetLimits(KestrelServerOptions kestrel, ServerLimitOptions options)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;
        limits.KeepAliveTimeout = options.KeepAliveTimeout;
        limits.RequestHeadersTimeout = options.RequestHeadersTimeout;

        // A login host is a subdomain, and browsers send it the cookies of its parent domain, too, which can be long.
        limits.MaxRequestHeadersTotalSize = 32 * 1024;

        // The largest legitimate body is a form with an address and a signature.
        limits.MaxRequestBodySize = 16 * 1024;

        // How much is buffered unread: the request line and the headers, which must fit completely.
        limits.MaxRequestBufferSize = limits.MaxRequestHeadersTotalSize + limits.MaxRequestLineSize;

        // The same for HTTP/2: the default windows (RFC 9113 §6.9.2), and no more concurrent requests than a browser makes.
        limits.Http2.InitialConnectionWindowSize = 65_535;
        limits.Http2.InitialStreamWindowSize = 65_535;
        limits.Http2.MaxStreamsPerConnection = 20;

        // A slow client is the proxy's to bear; here the memory sets the end.
        limits.MaxConcurrentConnections = options.MaxConcurrentConnections ?? Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesOfOneConnection, 500, 20_000);
    }
}
