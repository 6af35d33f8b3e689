namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Returns memory to the system after a flood of requests: the runtime collects only while something is allocated, so an
/// idle process would keep hundreds of megabytes of garbage until the next busy hour.
/// </summary>
internal sealed class IdleMemory : BackgroundService
{
    private const long Ordinary = 64 * 1024 * 1024;

    // Once is not enough: every ten seconds the server's buffer pool releases a twentieth of what it holds.
    private const int Times = 60;

    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(10);

    /// <inheritdoc />
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        // By the machine's clock, not the TimeProvider: this is about the machine's memory.
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
                // Blocking is harmless: no collection since the last check means that hardly anything was allocated, so the service is idle.
                GC.Collect(GC.MaxGeneration, GCCollectionMode.Aggressive, blocking: true, compacting: true);
                left--;
            }

            before = GC.CollectionCount(0);
        }
    }
}
