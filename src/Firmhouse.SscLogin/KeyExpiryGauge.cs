using System.Diagnostics.Metrics;
using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin;

/// <summary>
/// The gauge <c>ssc_login.key.days_left</c>: for each key with a <c>NotAfter</c> the days until then, so that an operator
/// can be alerted before links stop working. Read from the settings whenever metrics are collected.
/// </summary>
internal sealed class KeyExpiryGauge
{
    private readonly IOptionsMonitor<LoginLinkOptions> _options;
    private readonly TimeProvider _time;

    public KeyExpiryGauge(IOptionsMonitor<LoginLinkOptions> options, TimeProvider time, AppMetrics metrics)
    {
        (_options, _time) = (options, time);
        metrics.Meter.CreateObservableGauge("ssc_login.key.days_left", Measure, "d", "Days until a key's NotAfter.");
    }

    private IEnumerable<Measurement<double>> Measure()
    {
        foreach (var key in _options.CurrentValue.Keyring.Values)
        {
            if (key.NotAfter is { } notAfter)
            {
                yield return new Measurement<double>((notAfter - _time.GetUtcNow()).TotalDays, new KeyValuePair<string, object?>("key", key.Label));
            }
        }
    }
}
