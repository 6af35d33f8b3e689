using System.Diagnostics.Metrics;
using Firmhouse.SscLogin.Observability;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>
/// The gauge <c>ssc_login.key.days_left</c>: for each key with a <c>NotAfter</c> the days until then, so that an operator
/// can be alerted before links stop working. Read from the settings whenever metrics are collected.
/// </summary>
internal sealed class KeyExpiryGauge(IOptionsMonitor<LoginLinkOptions> options, TimeProvider time, SscLoginMetrics metrics) : IHostedService
{
    /// <summary>Creates the gauge.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        metrics.Meter.CreateObservableGauge("ssc_login.key.days_left", Measure, "d", "Days until a key's NotAfter.");
        return Task.CompletedTask;
    }

    /// <summary>Does nothing: the gauge ends with its meter.</summary>
    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    private IEnumerable<Measurement<double>> Measure()
    {
        foreach (var (keyId, key) in options.CurrentValue.Keys)
        {
            if (key.NotAfter is { } notAfter)
            {
                yield return new Measurement<double>((notAfter - time.GetUtcNow()).TotalDays, new KeyValuePair<string, object?>("key", key.NameFor(keyId)));
            }
        }
    }
}
