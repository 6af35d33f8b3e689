using System.CommandLine;
using System.Text.RegularExpressions;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin.Benchmarks;

/// <summary>The programs that are compared: published, installed, and given the same logins to do.</summary>
internal static partial class Contenders
{
    /// <summary>How many different customers log in, one after the other.</summary>
    public const int Customers = 10_000;

    private const string KeyId = "bench";
    private const string AccessToken = "bench";
    private const string AllowedHost = "localhost";
    private const string PlentyOfPermits = "1000000000";

    // Longer than any run, so that the links do not expire in the middle of it.
    private static readonly LoginLinkKey Key = new(KeyId, "bench-secret-not-for-production-0001") { MaxLifetime = TimeSpan.FromDays(1) };

    private static readonly string OneLink = Path.Combine(Places.Output, "one-link.txt");
    private static readonly string BareLinks = Path.Combine(Places.Output, "bare-links.txt");
    private static readonly string SignedLinks = Path.Combine(Places.Output, "signed-links.txt");

    /// <summary>The option that names a published service.</summary>
    public static Option<DirectoryInfo?> CreatePublishedOption() =>
        new("--published") { Description = "The folder of a published service; without it the service is published first." };

    /// <summary>Gives the published service everything that costs time: signed links, limits, resilience, metrics, a log.</summary>
    /// <param name="published">Where it was published; null to publish it as its container does.</param>
    /// <param name="upstream">The GraphQL endpoint that it calls.</param>
    /// <param name="more">Further settings, which win.</param>
    /// <param name="cancellationToken">Ends the publishing.</param>
    public static async Task<Contender> PublishServiceAsync(
        DirectoryInfo? published, Uri upstream, IReadOnlyDictionary<string, string> more, CancellationToken cancellationToken)
    {
        var program = published is null
            ? await PublishAsync(Path.Combine(Places.Repository, "src", "Firmhouse.SscLogin"), "Firmhouse.SscLogin", cancellationToken)
            : Path.Combine(published.FullName, "Firmhouse.SscLogin");
        var signer = new LoginLinkSigner(upstream.GetLeftPart(UriPartial.Authority), Key);
        var expiresAt = TimeProvider.System.GetUtcNow() + Key.MaxLifetime;
        await File.WriteAllLinesAsync(SignedLinks, Emails().Select(email => new Uri(signer.Sign(email, expiresAt)).PathAndQuery), cancellationToken);

        var settings = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["Firmhouse__Endpoint"] = upstream.ToString(),
            ["Firmhouse__AccessToken"] = AccessToken,
            ["Firmhouse__AllowedRedirectHosts__0"] = AllowedHost,
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

    /// <summary>The links of one customer alone.</summary>
    public static async Task<string> WriteOneLinkAsync(Contender contender, CancellationToken cancellationToken)
    {
        await File.WriteAllLinesAsync(OneLink, File.ReadLines(contender.Paths).Take(1), cancellationToken);
        return OneLink;
    }

    /// <summary>Publishes the floor, as <c>dotnet publish</c> does by default but for the compiling ahead.</summary>
    public static async Task<Contender> PublishFloorAsync(Uri upstream, CancellationToken cancellationToken)
    {
        var program = await PublishAsync(Path.Combine(Places.Project, "Floor"), "Firmhouse.SscLogin.Benchmarks.Floor", cancellationToken);
        return new Contender("floor", [program], await WriteBareLinksAsync(cancellationToken), RivalSettings(upstream));
    }

    /// <summary>Installs the programs for Node: the one that does the same job, and the bare one.</summary>
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

        var sameJob = RivalSettings(upstream);
        sameJob["KEY_ID"] = KeyId;
        sameJob["KEY_SECRET"] = Key.Secret;
        sameJob["ALLOWED_HOST"] = AllowedHost;
        return
        [
            new Contender("fastify-same-job", ["node", "fastify-same-job.js"], SignedLinks, sameJob),
            new Contender("fastify-undici", ["node", "fastify-undici.js"], await WriteBareLinksAsync(cancellationToken), RivalSettings(upstream)),
        ];
    }

    private static Dictionary<string, string> RivalSettings(Uri upstream) => new(StringComparer.Ordinal)
    {
        ["UPSTREAM"] = upstream.ToString(),
        ["ACCESS_TOKEN"] = AccessToken,
    };

    // What the container tells the runtime is part of what is published.
    private static IEnumerable<KeyValuePair<string, string>> ContainerVariables() =>
        from line in File.ReadLines(Path.Combine(Places.Repository, "Dockerfile"))
        from Match variable in Variable().Matches(line)
        select KeyValuePair.Create(variable.Groups["name"].Value, variable.Groups["value"].Value);

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
