using Firmhouse.SscLogin.Observability;
using Firmhouse.SscLogin.Tests.Infrastructure;
using Serilog;
using Serilog.Core;
using Serilog.Formatting.Display;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Observability;

/// <summary>When lines are written: together where that costs nobody anything, and at once where somebody may be waiting.</summary>
public sealed class LogOutputTests : IDisposable
{
    private readonly TestTimeProvider _time = new();
    private readonly Medium _medium = new();
    private readonly Logger _log;

    public LogOutputTests() => _log = new LoggerConfiguration()
        .WriteTo.Sink(new LogOutput(new MessageTemplateTextFormatter("{Message:lj}."), new StreamWriter(_medium), _time))
        .CreateLogger();

    public void Dispose()
    {
        _log.Dispose();
        _medium.Dispose();
    }

    [Fact]
    public void Information_IsWritten_TogetherWithWhatFollowsSoon()
    {
        _log.Information("one");
        _time.Advance(TimeSpan.FromMilliseconds(99));
        _log.Information("two");
        _medium.Writes.ShouldBeEmpty();

        _time.Advance(TimeSpan.FromMilliseconds(1));
        _medium.Writes.ShouldBe(["one.two."]);

        _log.Information("three");
        _time.Advance(TimeSpan.FromMilliseconds(100));
        _medium.Writes.ShouldBe(["one.two.", "three."]);
    }

    [Fact]
    public void Warning_IsWritten_AtOnceAndInItsPlace()
    {
        _log.Information("one");
        _log.Warning("two");

        _medium.Writes.ShouldBe(["one.two."]);
    }

    [Fact]
    public void WhatIsLeft_IsWritten_AtTheEndAndAfterIt()
    {
        _log.Information("one");
        _log.Dispose();
        _medium.Writes.ShouldBe(["one."]);

        _log.Information("two");
        _medium.Writes.ShouldBe(["one.", "two."]);
    }

    [Fact]
    public void FullDisk_LosesLines_AndNothingElse()
    {
        _medium.IsFull = true;
        _log.Information("one");
        Should.NotThrow(() => _time.Advance(TimeSpan.FromSeconds(1)));
        Should.NotThrow(() => _log.Error("two"));

        _medium.IsFull = false;
        _log.Error("three");
        _medium.Writes[^1].ShouldEndWith("three.");
    }

    /// <summary>Keeps what is written to it, write by write.</summary>
    private sealed class Medium : MemoryStream
    {
        public bool IsFull { get; set; }

        public List<string> Writes { get; } = [];

        public override void Write(ReadOnlySpan<byte> buffer) =>
            Writes.Add(IsFull ? throw new IOException("No space left on device.") : System.Text.Encoding.UTF8.GetString(buffer));

        public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));
    }
}
