using Serilog.Core;
using Serilog.Debugging;
using Serilog.Events;
using Serilog.Formatting;

namespace Firmhouse.SscLogin.Observability;

/// <summary>
/// Writes lines, those of a tenth of a second at once: under load, a system call for each of them costs more than making
/// the line. Warnings and what is above take all that was said before along without delay, and nothing is left behind at
/// an orderly end.
/// </summary>
internal sealed class LogOutput : ILogEventSink, IDisposable
{
    private static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(100);

    private readonly Lock _lock = new();
    private readonly ITextFormatter _formatter;
#pragma warning disable CA2213 // Stays open: what is said at the very end is written, too.
    private readonly TextWriter _writer;
#pragma warning restore CA2213
    private readonly ITimer _timer;
    private bool _isDue;

    /// <summary>Makes the output.</summary>
    /// <param name="formatter">Makes a line of an event.</param>
    /// <param name="writer">Where the lines go, such as standard output, with a buffer of its own.</param>
    /// <param name="time">Says when the delay is over.</param>
    public LogOutput(ITextFormatter formatter, TextWriter writer, TimeProvider time)
    {
        _formatter = formatter;
        _writer = writer;
        _timer = time.CreateTimer(static output => ((LogOutput)output!).WriteOut(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <inheritdoc />
    public void Emit(LogEvent logEvent)
    {
        lock (_lock)
        {
            _formatter.Format(logEvent, _writer);
            if (logEvent.Level < LogEventLevel.Warning && (_isDue || _timer.Change(Delay, Timeout.InfiniteTimeSpan)))
            {
                _isDue = true;
            }
            else
            {
                // Also when the timer is gone.
                _writer.Flush();
            }
        }
    }

    /// <summary>Writes what is left.</summary>
    public void Dispose()
    {
        _timer.Dispose();
        WriteOut();
    }

    private void WriteOut()
    {
        lock (_lock)
        {
            _isDue = false;
            try
            {
                _writer.Flush();
            }
            catch (IOException exception)
            {
                // A full disk, say. The lines are lost, and the service must not be.
                SelfLog.WriteLine("The log cannot be written: {0}", exception.GetType());
            }
        }
    }
}
