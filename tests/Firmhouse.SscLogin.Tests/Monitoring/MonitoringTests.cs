using System.Diagnostics.Metrics;
using System.Text.Json;
using System.Text.RegularExpressions;
using Firmhouse.Testing;
using Microsoft.Extensions.DependencyInjection;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Monitoring;

/// <summary>
/// The alerts say what the runbook says; alerts, dashboard and the guide to the signals speak of the instruments and log events
/// that the service has.
/// </summary>
public sealed partial class MonitoringTests
{
    private static readonly string Runbook = Read("README.md");
    private static readonly string Rules = Read("rules.yaml");

    /// <summary>Every PromQL expression of the dashboard.</summary>
    private static readonly string[] Queries =
    [
        .. JsonDocument.Parse(Read("dashboard.json")).RootElement.GetProperty("panels").EnumerateArray()
            .SelectMany(panel => panel.GetProperty("targets").EnumerateArray())
            .Select(target => target.GetProperty("expr").GetString()!),
    ];

    private static readonly string SignalsGuide = File.ReadAllText(Repository.PathOf("src", "Firmhouse.Hosting", "Telemetry", "README.md"));

    // Of Prometheus, its alerts and the framework.
    private static readonly HashSet<string> NotOurs = ["job", "instance", "alertname", "alertstate", "severity", "http_response_status_code"];

    private static readonly string[] SourceFiles =
    [
        .. Directory.EnumerateFiles(Repository.PathOf("src"), "*.cs", SearchOption.AllDirectories)
            .Where(file => !file.Contains("/Firmhouse.Sandbox/", StringComparison.Ordinal) && !file.Contains("/obj/", StringComparison.Ordinal) && !file.Contains("/bin/", StringComparison.Ordinal)),
    ];

    [Fact]
    public void Rules_SayWhatTheRunbookSays()
    {
        var rows = Row().Matches(Runbook).Select(row => (
            Alert: row.Groups["alert"].Value, Means: Plain(row.Groups["means"].Value), Do: Plain(row.Groups["do"].Value))).ToArray();

        rows.ShouldNotBeEmpty();
        Rule().Matches(Rules).Select(rule => (
            Alert: rule.Groups["alert"].Value, Means: Unquoted(rule.Groups["summary"].Value), Do: Unquoted(rule.Groups["description"].Value)))
            .ShouldBe(rows);

        static string Plain(string markdown) => markdown.Replace("`", "", StringComparison.Ordinal).Replace("*", "", StringComparison.Ordinal);

        static string Unquoted(string text) => JsonSerializer.Deserialize<string>(text)!;
    }

    [Fact]
    public void Rules_AreEachShownFiring()
    {
        var firing = FiringSample().Matches(Read("rules.test.yaml")).Select(sample => sample.Groups["alert"].Value).ToHashSet(StringComparer.Ordinal);

        firing.ShouldBe(Rule().Matches(Rules).Select(rule => rule.Groups["alert"].Value), ignoreOrder: true);
    }

    [Fact]
    public async Task Rules_SpeakOfInstrumentsThatExist() => MetricsIn(Rules).ShouldBeSubsetOf(await PrometheusNamesAsync());

    [Fact]
    public async Task Dashboard_ShowsEveryInstrument_AndNoOther()
    {
        var names = await PrometheusNamesAsync();
        var shown = MetricsIn(string.Join('\n', Queries));

        shown.ShouldBeSubsetOf(names);
        names.Where(name => !name.EndsWith("_bucket", StringComparison.Ordinal) && !name.EndsWith("_sum", StringComparison.Ordinal)).ShouldBeSubsetOf(
            [.. shown, .. shown.Select(name => name.Replace("_bucket", "_count", StringComparison.Ordinal))]);
    }

    /// <summary>The dashboard's percentiles would say nothing with the SDK's default buckets, the first of which ends at 5 s.</summary>
    [Fact]
    public async Task Histograms_TellPartsOfASecondApart() => (await InstrumentsAsync()).OfType<Histogram<double>>()
        .ShouldAllBe(histogram => histogram.Advice != null && histogram.Advice.HistogramBucketBoundaries!.Count(boundary => boundary < 1) >= 8);

    /// <summary>A label that the service never writes, or one of its values, would keep an alert silent.</summary>
    [Fact]
    public void RulesTheirTestsAndTheDashboard_CompareWithTagsOfTheService()
    {
        var matchers = Matcher().Matches(string.Join('\n', [Rules, Read("rules.test.yaml"), .. Queries])).Where(matcher => !NotOurs.Contains(matcher.Groups["label"].Value)).ToArray();

        matchers.Length.ShouldBeGreaterThan(50);
        matchers.Select(matcher => matcher.Groups["label"].Value).ShouldBeSubsetOf(Tags.Names);
        matchers.Where(matcher => matcher.Groups["label"].Value != "key").SelectMany(matcher => matcher.Groups["values"].Value.Split('|'))
            .Where(value => !value.All(char.IsAsciiDigit))
            .ShouldBeSubsetOf(Tags.Words);
    }

    [Fact]
    public async Task SignalsGuide_ListsEveryInstrument()
    {
        string[] names = [.. (await InstrumentsAsync()).Select(instrument => instrument.Name), "ssc_login.log.dropped", "ssc_login.support.audit_entries"];

        InstrumentRow().Matches(SignalsGuide).Select(row => row.Groups["name"].Value).ShouldBe(names, ignoreOrder: true);
    }

    [Fact]
    public void SignalsGuide_ListsEveryLogEvent() =>
        EventRow().Matches(SignalsGuide).SelectMany(row => row.Groups["ids"].Value.Split(", "))
            .ShouldBe(SourceFiles.SelectMany(file => EventId().Matches(File.ReadAllText(file)).Select(id => id.Groups["id"].Value)), ignoreOrder: true);

    [RequiresFact("promtool")]
    public async Task Rules_FireAsTheirTestsSay()
    {
        var run = await Executable.RunAsync("promtool", ["test", "rules", PathOf("rules.test.yaml")]);

        run.ExitCode.ShouldBe(0, run.Output + run.Error);
    }

    [RequiresFact("promtool")]
    public async Task Dashboard_AsksWhatPrometheusUnderstands()
    {
        var file = Path.GetTempFileName();
        var rules = Queries.Select((query, index) =>
            $"  - {{ record: 'query:{index}', expr: {JsonSerializer.Serialize(GrafanaVariable().Replace(query, "5m"))} }}");
        await File.WriteAllTextAsync(file, $"groups:\n- name: dashboard\n  rules:\n{string.Join('\n', rules)}\n");

        var run = await Executable.RunAsync("promtool", ["check", "rules", file]);

        File.Delete(file);
        run.ExitCode.ShouldBe(0, run.Output + run.Error);
    }

    /// <summary>The series that a scrape of the service has, by the names that OpenTelemetry's exporter gives its instruments.</summary>
    private static async Task<IReadOnlyList<string>> PrometheusNamesAsync() =>
        [.. (await InstrumentsAsync()).SelectMany(PrometheusNames), "ssc_login_log_dropped_total"]; // Only there where the log goes to standard output.

    private static async Task<IReadOnlyList<Instrument>> InstrumentsAsync()
    {
        await using var service = await Service.StartAsync();
        var meters = service.Services.GetRequiredService<IMeterFactory>();
        var instruments = new List<Instrument>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter.Scope == meters && instrument.Meter.Name == "Firmhouse.SscLogin")
            {
                instruments.Add(instrument);
            }
        };
        listener.Start();
        instruments.ShouldNotBeEmpty();
        return instruments;
    }

    /// <summary>OpenTelemetry, "Prometheus and OpenMetrics Compatibility": dots become underscores, units and kinds become suffixes.</summary>
    private static string[] PrometheusNames(Instrument instrument)
    {
        var name = instrument.Name.Replace('.', '_') + instrument.Unit switch
        {
            "s" => "_seconds",
            "d" => "_days",
            ['{', ..] or null or "" => "",
            var unit => throw new InvalidOperationException($"{instrument.Name}: what is {unit} called in Prometheus?"),
        };
        return instrument switch
        {
            Counter<long> or ObservableCounter<long> => [name + "_total"],
            Histogram<double> => [name + "_bucket", name + "_sum", name + "_count"],
            _ => [name],
        };
    }

    private static HashSet<string> MetricsIn(string promQl) =>
        Metric().Matches(promQl).Select(metric => metric.Value).ToHashSet(StringComparer.Ordinal);

    private static string Read(string file) => File.ReadAllText(PathOf(file));

    private static string PathOf(string file) => Repository.PathOf("src", "monitoring", file);

    [GeneratedRegex(@"^\| `(?<alert>SscLogin\w+)`: [^|]* \| (?<means>[^|]*) \| (?<do>[^|]*) \|$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Row();

    [GeneratedRegex(@"^ +- alert: (?<alert>\w+)$.*?^ +summary: (?<summary>[^\n]+)\n +description: (?<description>[^\n]+)$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Rule();

    [GeneratedRegex(@"^ +- labels: '\{alertname=""(?<alert>\w+)""\}'$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex FiringSample();

    [GeneratedRegex(@"^\| `(?<name>ssc_login\.[a-z_.]+)`", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex InstrumentRow();

    [GeneratedRegex(@"^\| (?<ids>\d+(, \d+)*) \|", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex EventRow();

    [GeneratedRegex(@"LoggerMessage\((?<id>\d+),", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex EventId();

    [GeneratedRegex(@"\bssc_login_\w+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Metric();

    [GeneratedRegex(@"\b(?<label>\w+)(=|!=|=~|!~)""(?<values>[^""]*)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Matcher();

    [GeneratedRegex(@"\$__\w+", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex GrafanaVariable();
}
