using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// What one connection may use. With as many as <see cref="ConnectionLimits"/> admits, the process stays
/// within a container of 256 MiB (<c>tests/scripts/memory.sh</c>).
/// </summary>
internal static class ServerLimits
{
    /// <summary>Sets the limits, and those on the number of connections at every endpoint.</summary>
    public static void LimitWhatClientsTake(this IWebHostBuilder host) => host.ConfigureKestrel(SetLimits);

    private static void SetLimits(KestrelServerOptions kestrel)
    {
        kestrel.AddServerHeader = false;
        var limits = kestrel.Limits;

        // A login host is a subdomain, and browsers send it the cookies of its parent domain, too, which can be long.
        limits.MaxRequestHeadersTotalSize = 32 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);

        // The largest legitimate body is a form with an address and a signature. It must arrive at 240 bytes a second, the
        // server's default, after a grace period of 5 s.
        limits.MaxRequestBodySize = 16 * 1024;

        // How much is buffered unread: the request line and the headers, which must fit completely.
        limits.MaxRequestBufferSize = limits.MaxRequestHeadersTotalSize + limits.MaxRequestLineSize;

        // The same for HTTP/2: the default windows (RFC 9113 §6.9.2), and no more concurrent requests than a browser makes.
        limits.Http2.InitialConnectionWindowSize = 65_535;
        limits.Http2.InitialStreamWindowSize = 65_535;
        limits.Http2.MaxStreamsPerConnection = 20;

        // ConnectionLimits counts instead: this limit would refuse new clients in favour of idle connections.
        limits.MaxConcurrentConnections = null;
        kestrel.ConfigureEndpointDefaults(LimitConnections);
    }

    private static void LimitConnections(ListenOptions listen)
    {
        var connections = listen.ApplicationServices.GetRequiredService<ConnectionLimits>();
        listen.Use(next => connection => connections.HoldAsync(connection, next));
    }
}
