namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Gives back what a flood has left behind: the runtime collects only while something is allocated, so that a process
/// which is left alone would keep hundreds of megabytes of garbage until the next busy hour.
/// </summary>
internal sealed class IdleMemory : BackgroundService
{
    private const long Ordinary = 64 * 1024 * 1024;

    // Once is not enough: the server's pool of buffers gives back a twentieth of what it holds every ten seconds.
    private const int Times = 60;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // By the machine's clock: it is about the machine's memory.
        using var timer = new PeriodicTimer(Pause);
        var before = 0;
        var left = Times;
        while (await timer.WaitForNextTickAsync(stoppingToken))
        {
            if (GC.CollectionCount(0) != before)
            {
                left = Times;
            }
            else if (left > 0 && GC.GetGCMemoryInfo().TotalCommittedBytes > Ordinary)
            {
                // Nobody waits for it: so little was allocated since the last look that there was nothing to collect.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                left--;
            }

            before = GC.CollectionCount(0);
        }
    }
}
