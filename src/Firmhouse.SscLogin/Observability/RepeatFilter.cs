using Serilog.Core;
using Serilog.Events;

namespace Firmhouse.SscLogin.Observability;

/// <summary>
/// Lets the same warning or error through a limited number of times a minute. A stranger who makes the service or
/// the framework log one (by one connection too many, say) could otherwise fill the disk and bury every other line. The
/// metrics still count each event.
/// </summary>
internal sealed class RepeatFilter(TimeProvider time, SscLoginMetrics metrics) : ILogEventFilter
{
    /// <summary>How many lines of one message template are written in a minute.</summary>
    public const int PerMinute = 100;

    // A fixed number, so that the table does not grow. Two templates that share a slot share the allowance.
    private readonly Slot[] _slots = [.. Enumerable.Range(0, 512).Select(_ => new Slot())];

    /// <inheritdoc />
    public bool IsEnabled(LogEvent logEvent)
    {
        if (logEvent.Level < LogEventLevel.Warning)
        {
            return true;
        }

        var slot = _slots[(uint)logEvent.MessageTemplate.Text.GetHashCode(StringComparison.Ordinal) % _slots.Length];
        var now = time.GetTimestamp();
        lock (slot)
        {
            if (slot.Count == 0 || time.GetElapsedTime(slot.Start, now) >= TimeSpan.FromMinutes(1))
            {
                slot.Start = now;
                slot.Count = 0;
            }

            if (++slot.Count <= PerMinute)
            {
                return true;
            }
        }

        metrics.SuppressedLine();
        return false;
    }

    private sealed class Slot
    {
        public long Start { get; set; }

        public int Count { get; set; }
    }
}
