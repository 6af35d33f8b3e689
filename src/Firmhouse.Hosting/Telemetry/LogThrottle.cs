namespace Firmhouse.Hosting.Telemetry;

/// <summary>Lets a log line through at most once per interval, for lines that strangers or an outage can cause in any number.</summary>
internal sealed class LogThrottle(TimeProvider time, TimeSpan interval)
{
    private readonly Lock _lock = new();
    private long? _passedAt;
    private long _suppressed;

    /// <param name="suppressed">How many lines were held back since the last one.</param>
    public bool TryPass(out long suppressed)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();
            if (_passedAt is { } passedAt && time.GetElapsedTime(passedAt, now) < interval)
            {
                suppressed = ++_suppressed;
                return false;
            }

            (suppressed, _suppressed, _passedAt) = (_suppressed, 0, now);
            return true;
        }
    }
}
