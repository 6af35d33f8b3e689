using Microsoft.AspNetCore.Server.Kestrel.Core;

namespace Firmhouse.Hosting.Edge;

/// <summary>
/// Kestrel's limits: what one connection may use, and how many there may be. With all of them in use the process stays within
/// a container of 256 MiB (<c>tests/scripts/memory.sh</c>).
/// </summary>
internal static class ServerLimits
{
    // The most memory that a connection takes: 32 KB of headers in the server's buffers, and as much again for everything else.
    private const int BytesOfOneConnection = 128 * 1024;

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

        // A slow client is the proxy's to bear; here the memory sets the end.
        limits.MaxConcurrentConnections = Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesOfOneConnection, 500, 20_000);
    }
}
