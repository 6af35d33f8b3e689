using Xunit;

namespace Firmhouse.Testing;

/// <summary>
/// One service for the tests of a class that leave no state in it: without limits, retries or a circuit that opens, and
/// with a clock that stands still, so that nothing times out but what a test lets.
/// </summary>
public sealed class SharedService : IAsyncLifetime
{
    internal static readonly (string Key, string Value)[] Settings =
    [
        ("RateLimits:Enabled", "false"),
        ("Firmhouse:MaxRetries", "0"),
        ("Firmhouse:CircuitBreaker:MinimumThroughput", "1000000"),
    ];

    private Service _service = null!;

    internal TestTimeProvider Clock { get; } = new();

    public async Task InitializeAsync() => _service = await Service.StartAsync(firmhouse: null, Clock, Settings);

    public async Task DisposeAsync() => await _service.DisposeAsync();

    /// <summary>The service, with a stub that knows nothing of earlier tests.</summary>
    internal Service Fresh()
    {
        _service.Firmhouse.Reset();
        return _service;
    }
}
