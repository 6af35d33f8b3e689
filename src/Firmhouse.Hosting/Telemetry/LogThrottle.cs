namespace Firmhouse.Hosting.Telemetry;

/// <summary>Lets a log line through at most once per interval, for lines that strangers or an outage can cause in any number.</summary>
internal sealed class LogThrottle(TimeProvider time, TimeSpan interval)
{
    private readonly Lock _lock = new();
    private long _passedAt;
    private long _suppressed = -1;

    /// <param name="suppressed">How many lines were held back since the last one.</param>
    public bool TryPass(out long suppressed)
    {
        lock (_lock)
        {
            var now = time.GetTimestamp();

            // Below zero: nothing has passed yet.
            if (_suppressed >= 0 && time.GetElapsedTime(_passedAt, now) < interval)
            {
                suppressed = ++_suppressed;
                return false;
            }

            suppressed = Math.Max(_suppressed, 0);
            (_passedAt, _suppressed) = (now, 0);
            return true;
        }
    }
}
