using Xunit;

namespace Firmhouse.Testing;

/// <summary>
/// One service for the tests of a class that leave nothing behind: it accepts the links of <see cref="LinkSigner"/>, has no
/// limits, and its clock stands still.
/// </summary>
public sealed class SignedService : IAsyncLifetime
{
    internal Service Service { get; private set; } = null!;

    internal TestTimeProvider Time { get; } = new();

    /// <summary>When the tests' links end.</summary>
    internal DateTimeOffset InHalfAnHour => Time.GetUtcNow().AddMinutes(30);

    public async Task InitializeAsync() =>
        Service = await Service.StartAsync(firmhouse: null, Time, [.. LinkSigner.Settings, ("RateLimits:Enabled", "false")]);

    public async Task DisposeAsync() => await Service.DisposeAsync();
}
