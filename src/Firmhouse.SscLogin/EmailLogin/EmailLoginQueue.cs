using System.Net;
using System.Threading.Channels;
using System.Threading.RateLimiting;
using Firmhouse.Client;
using Firmhouse.Hosting.Telemetry;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin.EmailLogin;

/// <summary>
/// Asks Firmhouse to send the login e-mails after the form's response has been sent, so that the response reveals nothing.
/// The calls in progress are limited per client, so that addresses for which Firmhouse is slow do not delay other clients.
/// A request that never reached Firmhouse is retried for a while. At shutdown the queue drains within the host's shutdown time.
/// </summary>
internal sealed partial class EmailLoginQueue : BackgroundService
{
    private const int Capacity = 1000;
    private const int MaxCalls = 32;
    private const int MaxCallsPerClient = 4;

    private static readonly TimeSpan RetryPause = TimeSpan.FromSeconds(15);

    // A customer who has waited longer than this has given up, or has asked again.
    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    // Their queues need no limit of their own: Capacity bounds them.
    private static readonly ConcurrencyLimiterOptions PerClient = new() { PermitLimit = MaxCallsPerClient, QueueLimit = int.MaxValue };
    private static readonly ConcurrencyLimiterOptions InAll = new() { PermitLimit = MaxCalls, QueueLimit = int.MaxValue };

    private readonly Channel<Waiting> _added = Channel.CreateUnbounded<Waiting>();
    private readonly PartitionedRateLimiter<IPAddress> _clientCalls =
        PartitionedRateLimiter.Create<IPAddress, IPAddress>(static client => RateLimitPartition.GetConcurrencyLimiter(client, static _ => PerClient));
    private readonly ConcurrencyLimiter _calls = new(InAll);
    private readonly LoginEmails _emails;
    private readonly LogPseudonym _pseudonym;
    private readonly LoginMetrics _metrics;
    private readonly TimeProvider _time;
    private readonly ILogger<EmailLoginQueue> _logger;
    private readonly LogThrottle _fullLog;
    private int _waiting;
    private int _underWay;

    public EmailLoginQueue(
        LoginEmails emails, LogPseudonym pseudonym, AppMetrics appMetrics, LoginMetrics metrics, TimeProvider time, ILogger<EmailLoginQueue> logger)
    {
        (_emails, _pseudonym, _metrics, _time, _logger) = (emails, pseudonym, metrics, time, logger);
        _fullLog = new LogThrottle(time, TimeSpan.FromMinutes(1));
        appMetrics.Meter.CreateObservableGauge(
            "ssc_login.emails.waiting", () => (long)Volatile.Read(ref _waiting), "{email}", "Login e-mails that wait to be requested.");
    }

    /// <summary>Queues an e-mail to this address. If the queue is full, the e-mail is dropped and an Error is logged.</summary>
    /// <param name="email">Any address.</param>
    /// <param name="client">The client that requests it, the widest network that counts as one.</param>
    public void Add(EmailAddress email, IPAddress client)
    {
        if (Interlocked.Increment(ref _waiting) <= Capacity && _added.Writer.TryWrite(new Waiting(email, client, _time.GetTimestamp())))
        {
            return;
        }

        Interlocked.Decrement(ref _waiting);
        _metrics.Email("queue-full");
        if (_fullLog.TryPass(out var suppressed))
        {
            LogFull(_pseudonym.Of(email.Value), Capacity, suppressed);
        }
    }

    /// <summary>Accepts no more e-mails, and waits until the queue is empty or the host's shutdown time is over.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _added.Writer.TryComplete();
        if (ExecuteTask is { } working)
        {
            try
            {
                await working.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                LogLost(Volatile.Read(ref _waiting), Volatile.Read(ref _underWay));
            }
        }

        await base.StopAsync(cancellationToken);
    }

    public override void Dispose()
    {
        _clientCalls.Dispose();
        _calls.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            // Each e-mail waits for its own permits, so all that the queue can hold may be started.
            var options = new ParallelOptions { MaxDegreeOfParallelism = Capacity + MaxCalls, CancellationToken = stoppingToken };
            await Parallel.ForEachAsync(_added.Reader.ReadAllAsync(stoppingToken), options, SendAsync);
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The shutdown time is over; StopAsync has logged what is lost.
        }
    }

    private async ValueTask SendAsync(Waiting waiting, CancellationToken stoppingToken)
    {
        var result = await TrySendAsync(waiting, stoppingToken);
        while (result == LoginEmailResult.NotSent && _time.GetElapsedTime(waiting.Since) + RetryPause < Lifetime)
        {
            Interlocked.Increment(ref _waiting);
            await Task.Delay(RetryPause, _time, stoppingToken);
            result = await TrySendAsync(waiting, stoppingToken);
        }

        _metrics.Email(NameOf(result));
        LogEmail(NameOf(result), _pseudonym.Of(waiting.Email.Value));
    }

    private async Task<LoginEmailResult> TrySendAsync(Waiting waiting, CancellationToken stoppingToken)
    {
        using var clientCall = await _clientCalls.AcquireAsync(waiting.Client, cancellationToken: stoppingToken);
        using var call = await _calls.AcquireAsync(cancellationToken: stoppingToken);
        Interlocked.Increment(ref _underWay);
        Interlocked.Decrement(ref _waiting);
        try
        {
            return await _emails.SendAsync(waiting.Email, stoppingToken);
        }
        finally
        {
            Interlocked.Decrement(ref _underWay);
        }
    }

    private static string NameOf(LoginEmailResult result) => result switch
    {
        LoginEmailResult.Accepted => "accepted",
        LoginEmailResult.Refused => "refused",
        LoginEmailResult.Misconfigured => "misconfigured",
        LoginEmailResult.NotSent => "not-sent",
        _ => "failed",
    };

    [LoggerMessage(300, LogLevel.Information, "Login e-mail {Result}, address {AddressHash}")]
    private partial void LogEmail(string result, string addressHash);

    [LoggerMessage(301, LogLevel.Error, "Login e-mail dropped, address {AddressHash}: {Capacity} are already waiting. {Suppressed} more have been dropped since this was last logged. Firmhouse is slow or down, or somebody is flooding the form; see RateLimits:EmailsPerClient")]
    private partial void LogFull(string addressHash, int capacity, long suppressed);

    [LoggerMessage(302, LogLevel.Error, "The shutdown time is over: {Waiting} login e-mails were not sent, and {UnderWay} more perhaps not. Allow more time to stop: Shutdown:Timeout, and the platform's grace period")]
    private partial void LogLost(int waiting, int underWay);

    /// <param name="Email">Where the e-mail goes.</param>
    /// <param name="Client">Who asked for it.</param>
    /// <param name="Since">When, by <see cref="TimeProvider.GetTimestamp"/>.</param>
    private sealed record Waiting(EmailAddress Email, IPAddress Client, long Since);
}
