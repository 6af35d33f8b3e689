using System.Text.RegularExpressions;
using Firmhouse.LoginLinks;
using Firmhouse.Sandbox;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>The programs that are compared: published, installed, and given the same logins to do.</summary>
internal static partial class Contenders
{
    /// <summary>How many different customers log in, one after the other.</summary>
    public const int Customers = 10_000;

    private const string KeyId = "bench";
    private const string AccessToken = FirmhouseStandIn.AccessToken;
    private const string PlentyOfPermits = "1000000000";

    // Longer than any run, so that the links do not expire in the middle of it.
    private static readonly LoginLinkKeySettings Key = new() { Secret = "bench-secret-not-for-production-0001", MaxLifetime = TimeSpan.FromDays(1) };

    private static readonly string BareLinks = Path.Combine(Places.Output, "bare-links.txt");
    private static readonly string SignedLinks = Path.Combine(Places.Output, "signed-links.txt");

    /// <summary>Publishes the service as its container does, and gives it everything that costs time: signed links, limits, resilience, metrics, a log.</summary>
    /// <param name="upstream">The GraphQL endpoint that it calls.</param>
    /// <param name="more">Further settings, which win.</param>
    /// <param name="cancellationToken">Ends the publishing.</param>
    public static async Task<Contender> PublishServiceAsync(Uri upstream, IReadOnlyDictionary<string, string> more, CancellationToken cancellationToken)
    {
        var program = await PublishAsync(Path.Combine(Places.Repository, "src", "Firmhouse.SscLogin"), "Firmhouse.SscLogin", cancellationToken);
        var signer = new LoginLinkSigner(upstream.GetLeftPart(UriPartial.Authority), KeyId, Key);
        var expiresAt = TimeProvider.System.GetUtcNow() + Key.MaxLifetime;
        await File.WriteAllLinesAsync(SignedLinks, Emails().Select(email => new Uri(signer.Sign(email, expiresAt)).PathAndQuery), cancellationToken);

        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Firmhouse__Endpoint"] = upstream.ToString(),
            ["Firmhouse__AccessToken"] = AccessToken,
            ["Firmhouse__AllowedRedirectHosts__0"] = "localhost",
            [$"LoginLinks__Keys__{KeyId}__Secret"] = Key.Secret,
            [$"LoginLinks__Keys__{KeyId}__MaxLifetime"] = Key.MaxLifetime.ToString("c"),
            ["RateLimits__PerAddress__Permits"] = PlentyOfPermits,
            ["RateLimits__PerClient__Permits"] = PlentyOfPermits,

            // All connections come from one address, as from a proxy.
            ["Proxy__KnownProxies__0"] = "127.0.0.1",

            // Metrics cost something only when somebody collects them. What is sent, once a minute, finds nobody and is no part of a login.
            ["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] = new Uri(upstream, "/v1/metrics").ToString(),
            ["OTEL_EXPORTER_OTLP_PROTOCOL"] = "http/protobuf",
        };
        foreach (var (key, value) in ContainerVariables().Concat(more))
        {
            settings[key] = value;
        }

        return new Contender("service", [program], SignedLinks, settings);
    }

    /// <summary>Publishes the floor, as <c>dotnet publish</c> does by default but for the compiling ahead.</summary>
    public static async Task<Contender> PublishFloorAsync(Uri upstream, CancellationToken cancellationToken)
    {
        var program = await PublishAsync(Path.Combine(Places.Project, "Floor"), "Firmhouse.SscLogin.Benchmarks.Floor", cancellationToken);
        return new Contender("floor", [program], await WriteBareLinksAsync(cancellationToken), RivalSettings(upstream));
    }

    /// <summary>Installs the programs for Node.</summary>
    /// <returns>None, and a line that says why, where Node or its packages are missing.</returns>
    public static async Task<IReadOnlyList<Contender>> InstallRivalsAsync(Uri upstream, CancellationToken cancellationToken)
    {
        if (!Tool.Exists("node") || !Tool.Exists("npm"))
        {
            Console.WriteLine("Without the rivals on Node: node or npm is missing.");
            return [];
        }

        try
        {
            await Tool.RunAsync(Places.Rivals, "npm", ["ci", "--no-audit", "--no-fund"], cancellationToken);
        }
        catch (InvalidOperationException exception)
        {
            Console.WriteLine($"Without the rivals on Node: {exception.Message}");
            return [];
        }

        var links = await WriteBareLinksAsync(cancellationToken);
        return
        [
            new Contender("fastify-undici", ["node", "fastify-undici.js"], links, RivalSettings(upstream)),
            new Contender("fastify-graphql-request", ["node", "fastify-graphql-request.js"], links, RivalSettings(upstream)),
        ];
    }

    private static Dictionary<string, string> RivalSettings(Uri upstream) => new(StringComparer.Ordinal)
    {
        ["UPSTREAM"] = upstream.ToString(),
        ["ACCESS_TOKEN"] = AccessToken,
    };

    // What the container tells the runtime is part of what is published.
    private static List<KeyValuePair<string, string>> ContainerVariables()
    {
        var variables = File.ReadLines(Path.Combine(Places.Repository, "Dockerfile"))
            .SelectMany(line => Variable().Matches(line))
            .Select(variable => KeyValuePair.Create(variable.Groups["name"].Value, variable.Groups["value"].Value))
            .ToList();
        return variables.Count > 0 ? variables : throw new InvalidOperationException("The Dockerfile tells the runtime nothing.");
    }

    [GeneratedRegex(@"\b(?<name>DOTNET_\w+)=(?<value>\S+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Variable();

    private static async Task<string> PublishAsync(string project, string program, CancellationToken cancellationToken)
    {
        Console.WriteLine($"Publishing {program} …");
        var output = Path.Combine(Places.Output, program);
        await Tool.RunAsync(Places.Repository, "dotnet", ["publish", project, "--runtime", "linux-x64", "--output", output], cancellationToken);
        return Path.Combine(output, program);
    }

    private static async Task<string> WriteBareLinksAsync(CancellationToken cancellationToken)
    {
        await File.WriteAllLinesAsync(BareLinks, Emails().Select(email => $"/ssc-login?email={Uri.EscapeDataString(email.Value)}"), cancellationToken);
        return BareLinks;
    }

    private static IEnumerable<EmailAddress> Emails() =>
        from number in Enumerable.Range(1, Customers)
        select EmailAddress.TryParse($"customer{number}@example.com", out var email) ? email : throw new InvalidOperationException();
}
