using System.Diagnostics.Metrics;
using Firmhouse.SscLogin.Observability;
using Microsoft.Extensions.DependencyInjection;

namespace Firmhouse.SscLogin.Tests.Infrastructure;

/// <summary>The service's instruments, with nobody listening: for tests of a part.</summary>
internal static class UnheardMetrics
{
    public static SscLoginMetrics Instance { get; } =
        new(new ServiceCollection().AddMetrics().BuildServiceProvider().GetRequiredService<IMeterFactory>());
}
