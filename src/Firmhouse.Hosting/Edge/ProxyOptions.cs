using System.Net;
using Firmhouse.Hosting.Settings;
using Microsoft.AspNetCore.HttpOverrides;

using IPNetwork = System.Net.IPNetwork;

namespace Firmhouse.Hosting.Edge;

/// <summary>Which proxies stand in front of the service: section <c>Proxy</c>. Only they are believed about the client.</summary>
[AtStart]
internal sealed class ProxyOptions : ISettings
{
    /// <summary>The section's name.</summary>
    public const string Section = "Proxy";

    /// <summary>Addresses of proxies.</summary>
    public List<string> KnownProxies { get; set; } = [];

    /// <summary>Networks of proxies, such as <c>10.0.0.0/8</c>.</summary>
    public List<string> KnownNetworks { get; set; } = [];

    /// <summary>
    /// The number of proxies in a row: that many entries of <c>X-Forwarded-For</c>, from the right, are believed, and no more
    /// even if a known network is among the rest. Default: none, which believes every known proxy.
    /// </summary>
    public int? ForwardLimit { get; set; }

    /// <summary>The path under which the service is published, such as <c>/login</c>. Default: none.</summary>
    public string PathBase { get; set; } = string.Empty;

    private IPAddress[] ProxyAddresses => field ??= [.. KnownProxies.Select(text => ClientNetwork.Normalize(IPAddress.Parse(text)))];

    private IPNetwork[] ProxyNetworks => field ??= [.. KnownNetworks.Select(text => Normalize(IPNetwork.Parse(text)))];

    /// <summary>Whether an address is a known proxy's.</summary>
    /// <param name="address">From <see cref="ClientNetwork.Normalize"/>.</param>
    public bool Knows(IPAddress address) =>
        ProxyAddresses.Contains(address) || Array.Exists(ProxyNetworks, network => network.Contains(address));

    /// <summary>
    /// The options of the framework's middleware, which believes only the known proxies; null if none is configured, since
    /// with empty lists it would believe everybody.
    /// </summary>
    /// <param name="configuration">Tells which hosts <c>X-Forwarded-Host</c> may name: that of <c>LoginLinks:PublicUrl</c>, and <c>AllowedHosts</c>.</param>
    public ForwardedHeadersOptions? ToForwardedHeaders(IConfiguration configuration)
    {
        if (KnownProxies.Count + KnownNetworks.Count == 0)
        {
            return null;
        }

        var options = new ForwardedHeadersOptions
        {
            ForwardedHeaders = ForwardedHeaders.XForwardedFor | ForwardedHeaders.XForwardedProto | ForwardedHeaders.XForwardedHost | ForwardedHeaders.XForwardedPrefix,

            // Null follows the known proxies as far as they reach; the first other address is the client.
            ForwardLimit = ForwardLimit,
        };
        options.KnownProxies.Clear();
        options.KnownIPNetworks.Clear();
        options.AllowedHosts = AllowedHosts(configuration);
        Array.ForEach(ProxyAddresses, options.KnownProxies.Add);
        Array.ForEach(ProxyNetworks, options.KnownIPNetworks.Add);
        return options;
    }

    // IPv4 written as IPv6, like the addresses that are compared with it.
    private static IPNetwork Normalize(IPNetwork network) =>
        network.BaseAddress.IsIPv4MappedToIPv6 ? new IPNetwork(network.BaseAddress.MapToIPv4(), network.PrefixLength - 96) : network;

    // Most proxies pass on the Host that a client chose. An empty list allows any host.
    private static List<string> AllowedHosts(IConfiguration configuration)
    {
        string[] named = [.. ListenAddress.Values(configuration, "AllowedHosts").Where(host => host != "*")];
        return Uri.TryCreate(configuration["LoginLinks:PublicUrl"], UriKind.Absolute, out var url) ? [url.IdnHost, .. named] : [.. named];
    }
}
