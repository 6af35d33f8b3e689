using System.Buffers;
using System.Net;
using System.Net.Sockets;
using Firmhouse.Hosting.Settings;
using Microsoft.AspNetCore.HttpOverrides;

using IPNetwork = System.Net.IPNetwork;

namespace Firmhouse.Hosting.Edge;

/// <summary>Which proxies stand in front of the service: section <c>Proxy</c>. Only they are believed about the client.</summary>
[AtStart]
internal sealed class ProxyOptions : ISettings
{
    public const string Section = "Proxy";

    public List<string> KnownProxies { get; set; } = [];

    /// <summary>Networks of proxies, such as <c>10.0.0.0/8</c>.</summary>
    public List<string> KnownNetworks { get; set; } = [];

    /// <summary>The number of proxies in a row: that many entries of <c>X-Forwarded-For</c>, from the right, are believed, and no more
    /// even if a known network is among the rest. Default: none, which believes every known proxy.</summary>
    public int? ForwardLimit { get; set; }

    /// <summary>The path under which the service is published, such as <c>/login</c>. Default: none.</summary>
    public string PathBase { get; set; } = string.Empty;

    private IPAddress[] ProxyAddresses => field ??= [.. KnownProxies.Select(text => ClientNetwork.Normalize(IPAddress.Parse(text)))];

    private IPNetwork[] ProxyNetworks => field ??= [.. KnownNetworks.Select(text => Normalize(IPNetwork.Parse(text)))];

    /// <param name="address">From <see cref="ClientNetwork.Normalize"/>.</param>
    public bool Knows(IPAddress address) => ProxyAddresses.Contains(address) || Array.Exists(ProxyNetworks, network => network.Contains(address));

    /// <summary>The options of the framework's middleware, which believes only the known proxies; null if none is configured, since
    /// with empty lists it would believe everybody.</summary>
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
    internal static List<string> AllowedHosts(IConfiguration configuration)
    {
        string[] named = [.. ListenAddress.Values(configuration, "AllowedHosts").Where(host => host != "*")];
        return Uri.TryCreate(configuration["LoginLinks:PublicUrl"], UriKind.Absolute, out var url) ? [url.IdnHost, .. named] : [.. named];
    }
}

/// <summary>Checks the section <c>Proxy</c>, and the framework's <c>AllowedHosts</c>, which is in no section.</summary>
internal sealed class ProxyOptionsValidator(IConfiguration configuration) : SettingsValidator<ProxyOptions>
{
    // The largest private networks: 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193). IPv4 addresses can also be written under ::ffff:0:0/96.
    private const int MinIPv4Prefix = 8, MinIPv6Prefix = 7, MinMappedPrefix = 96 + MinIPv4Prefix;

    private static readonly SearchValues<char> NotInPaths = SearchValues.Create("?#\\%<>\"'");

    public override IEnumerable<SettingsMistake> FindFailures(ProxyOptions options) => SettingsMistakes.Of(
    [
        .. options.KnownProxies.Select(static text => (!IsAddress(text), "Proxy:KnownProxies", $"\"{text}\" is not an IP address. Networks go into Proxy:KnownNetworks.")),
        .. options.KnownNetworks.Select(static text => (!IPNetwork.TryParse(text, out _), "Proxy:KnownNetworks", $"\"{text}\" is not a network such as 10.0.0.0/8.")),
        .. options.KnownNetworks.Select(static text => (IPNetwork.TryParse(text, out var network) && IsTooWide(network), "Proxy:KnownNetworks",
            $"\"{text}\" is wider than any network of proxies, so customers could choose the address they are rate-limited by. Name the proxies' own network, such as 10.0.0.0/8.")),
        (options.ForwardLimit < 1, "Proxy:ForwardLimit", "must be at least 1: the number of proxies in a row. Without it, all known ones are believed."),
        .. ListenAddress.Values(configuration, "AllowedHosts").Select(static host => (!IsHostPattern(host), "AllowedHosts",
            $"\"{host}\" is not a host, so every request would be refused. Give hosts alone, separated by semicolons, such as login.example.com;*.example.org.")),
        (options.PathBase.Length > 0 && !IsPathBase(options.PathBase), "Proxy:PathBase", "must begin with one / and not end with it, such as /login."),
    ]);

    /// <summary>Whether a text can be the prefix of every path here. To a browser <c>//host</c> is another host, and it resolves
    /// <c>\</c> and <c>.</c> segments.</summary>
    public static bool IsPathBase(string path) =>
        path.Length > 0 && path[0] == '/' && path[^1] != '/' && !path.Contains("//", StringComparison.Ordinal) && !path.AsSpan().ContainsAny(NotInPaths)
        && !path.Any(static character => char.IsWhiteSpace(character) || char.IsControl(character))
        && !path.Split('/').Any(static part => part is "." or "..");

    // IPAddress takes "10" for 0.0.0.10.
    private static bool IsAddress(string text) =>
        IPAddress.TryParse(text, out var address) && (address.AddressFamily == AddressFamily.InterNetworkV6 || text.Count(character => character == '.') == 3);

    private static bool IsHostPattern(string text) => text == "*" || Uri.CheckHostName(text.StartsWith("*.", StringComparison.Ordinal) ? text[2..] : text) != UriHostNameType.Unknown;

    private static bool IsTooWide(IPNetwork network) => network.PrefixLength < (
        network.BaseAddress.AddressFamily == AddressFamily.InterNetwork ? MinIPv4Prefix
        : network.BaseAddress.GetAddressBytes().AsSpan(..8).ContainsAnyExcept((byte)0) ? MinIPv6Prefix : MinMappedPrefix);
}
