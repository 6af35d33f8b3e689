using System.Diagnostics.Metrics;
using Microsoft.Extensions.Options;

namespace Firmhouse.Client;

/// <summary>The circuits, one for each operation, and the gauge that shows them.</summary>
internal sealed class FirmhouseCircuits
{
    /// <summary>Creates the circuits, closed.</summary>
    public FirmhouseCircuits(IOptionsMonitor<FirmhouseOptions> options, TimeProvider time, FirmhouseMetrics metrics, ILogger<FirmhouseCircuit> logger)
    {
        var settings = options.CurrentValue.CircuitBreaker;
        Logins = new FirmhouseCircuit(FirmhouseCall.Login, settings, time, logger);
        Emails = new FirmhouseCircuit(FirmhouseCall.Email, settings, time, logger);
        metrics.Meter.CreateObservableGauge(
            "ssc_login.firmhouse.circuit", Measure, "{state}", "The circuit breakers, by operation: 0 closed, 1 open, 2 half-open.");
    }

    /// <summary>The circuit of logins.</summary>
    public FirmhouseCircuit Logins { get; }

    /// <summary>The circuit of e-mails.</summary>
    public FirmhouseCircuit Emails { get; }

    /// <summary>The circuit of an operation.</summary>
    public FirmhouseCircuit Of(string operation) => operation == FirmhouseCall.Login ? Logins : Emails;

    private Measurement<long>[] Measure() => [Logins.Measure(), Emails.Measure()];
}
