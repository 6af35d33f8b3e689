using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// What one connection may take of the server. With as many as <see cref="ConnectionLimits"/> lets in, the process stays
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

        // A login host is a subdomain, and browsers send it the cookies of its parent domain, too, which nobody reads.
        limits.MaxRequestHeadersTotalSize = 32 * 1024;
        limits.RequestHeadersTimeout = TimeSpan.FromSeconds(10);

        // The largest body anybody has reason to send is a form of an address and a signature. It must come at 240 bytes a
        // second, the server's default, after a grace of 5 s.
        limits.MaxRequestBodySize = 16 * 1024;

        // What is read ahead of what is asked for: the headers and the request line, which must be there whole.
        limits.MaxRequestBufferSize = limits.MaxRequestHeadersTotalSize + limits.MaxRequestLineSize;

        // The same for HTTP/2: the smallest windows there are (RFC 9113 §6.5.2), and no more requests at once than a browser makes.
        limits.Http2.InitialConnectionWindowSize = 65_535;
        limits.Http2.InitialStreamWindowSize = 65_535;
        limits.Http2.MaxStreamsPerConnection = 20;

        // ConnectionLimits counts instead: this would keep out new clients in favour of old ones.
        limits.MaxConcurrentConnections = null;
        kestrel.ConfigureEndpointDefaults(LimitConnections);
    }

    private static void LimitConnections(ListenOptions listen)
    {
        var connections = listen.ApplicationServices.GetRequiredService<ConnectionLimits>();
        listen.Use(next => connection => connections.HoldAsync(connection, next));
    }
}
