using System.Diagnostics.Metrics;
using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.DependencyInjection;

namespace Firmhouse.Testing;

/// <summary>The service's instruments, with nobody listening: for tests of a part.</summary>
internal static class UnheardMetrics
{
    public static AppMetrics Instance { get; } =
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
}
