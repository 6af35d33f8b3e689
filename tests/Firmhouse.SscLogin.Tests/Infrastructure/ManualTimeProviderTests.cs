using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Infrastructure;

public class ManualTimeProviderTests
{
    private readonly ManualTimeProvider _time = new();

    [Fact]
    public void Advance_FiresTimersInOrder_AtTheirOwnTime()
    {
        var start = _time.GetUtcNow();
        var fired = new List<(string Name, TimeSpan After)>();
        using var late = Timer("late", 3);
        using var early = Timer("early", 1);
        using var never = Timer("never", 5);

        _time.Advance(TimeSpan.FromSeconds(4));

        fired.ShouldBe([("early", TimeSpan.FromSeconds(1)), ("late", TimeSpan.FromSeconds(3))]);
        (_time.GetUtcNow() - start).ShouldBe(TimeSpan.FromSeconds(4));

        ITimer Timer(string name, int seconds) => _time.CreateTimer(
            _ => fired.Add((name, _time.GetUtcNow() - start)), state: null, TimeSpan.FromSeconds(seconds), Timeout.InfiniteTimeSpan);
    }

    [Fact]
    public void Advance_RepeatsPeriodicTimers_UntilTheyAreDisposed()
    {
        var ticks = 0;
        var timer = _time.CreateTimer(_ => ticks++, state: null, TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(2));

        _time.Advance(TimeSpan.FromSeconds(6));
        timer.Dispose();
        _time.Advance(TimeSpan.FromSeconds(6));

        ticks.ShouldBe(3);
        timer.Change(TimeSpan.Zero, TimeSpan.Zero).ShouldBeFalse();
    }

    [Fact]
    public async Task Delay_Completes_WhenTheClockHasMovedFarEnough()
    {
        var delay = Task.Delay(TimeSpan.FromSeconds(2), _time, CancellationToken.None);
        await _time.TimerSetAsync();

        _time.Advance(TimeSpan.FromSeconds(1));
        delay.IsCompleted.ShouldBeFalse();

        _time.Advance(TimeSpan.FromSeconds(1));
        await delay;
        _time.GetElapsedTime(0, TimeSpan.TicksPerSecond).ShouldBe(TimeSpan.FromSeconds(1));
    }
}
