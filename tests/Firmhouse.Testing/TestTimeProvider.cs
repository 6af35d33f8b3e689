using Microsoft.Extensions.Time.Testing;

namespace Firmhouse.Testing;

/// <summary>A clock that stands still until a test moves it, and tells when somebody has set a timer by it.</summary>
internal sealed class TestTimeProvider(DateTimeOffset start) : FakeTimeProvider(start)
{
    private readonly Lock _lock = new();
    private readonly Dictionary<ITimer, DateTimeOffset> _due = [];
    private TaskCompletionSource _timerSet = NewSignal();

    public TestTimeProvider()
        : this(new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero))
    {
    }

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new WatchedTimer(this, base.CreateTimer(callback, state, dueTime, period));
        Watch(timer, dueTime);
        return timer;
    }

    /// <summary>Completes as soon as a timer waits for the clock; a test awaits it before it moves the clock.</summary>
    public Task TimerSetAsync() => TimerSetAsync(TimeSpan.MaxValue);

    /// <summary>Completes as soon as a timer waits that is due within this time, such as a pause between two attempts.</summary>
    public Task TimerSetAsync(TimeSpan within) => TimerSetAsync(due => due <= within);

    /// <summary>Completes as soon as a timer waits that is due in exactly this time, and so is no timeout of a call under way.</summary>
    public Task PauseSetAsync(TimeSpan pause) => TimerSetAsync(due => due == pause);

    private async Task TimerSetAsync(Func<TimeSpan, bool> isAwaited)
    {
        while (true)
        {
            Task set;
            lock (_lock)
            {
                var now = GetUtcNow();
                if (_due.Values.Any(due => due > now && isAwaited(due - now)))
                {
                    return;
                }

                set = _timerSet.Task;
            }

            await set.WaitAsync(Timeouts.Hang);
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    private void Watch(ITimer timer, TimeSpan dueTime)
    {
        lock (_lock)
        {
            if (dueTime == Timeout.InfiniteTimeSpan)
            {
                _due.Remove(timer);
                return;
            }

            _due[timer] = GetUtcNow() + dueTime;
            _timerSet.SetResult();
            _timerSet = NewSignal();
        }
    }

    /// <summary>Tells the clock first set, then watched: who waited for it may move the clock at once.</summary>
    private sealed class WatchedTimer(TestTimeProvider time, ITimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period)
        {
            var isChanged = timer.Change(dueTime, period);
            time.Watch(this, isChanged ? dueTime : Timeout.InfiniteTimeSpan);
            return isChanged;
        }

        public void Dispose()
        {
            timer.Dispose();
            time.Watch(this, Timeout.InfiniteTimeSpan);
        }

        public ValueTask DisposeAsync()
        {
            Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
