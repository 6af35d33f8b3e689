using System.Threading.Channels;
using Firmhouse.SscLogin.FirmhouseApi;
using Firmhouse.SscLogin.Observability;

namespace Firmhouse.SscLogin.EmailLogin;

/// <summary>
/// Asks Firmhouse for the e-mails, behind the customers' backs: nobody who posts the form can see how it went. The queue
/// has an end, and what is in it at a shutdown is still asked for within the host's shutdown time.
/// </summary>
internal sealed partial class EmailLoginQueue(LoginEmails emails, AddressHasher hasher, SscLoginMetrics metrics, ILogger<EmailLoginQueue> logger) : BackgroundService
{
    private const int Capacity = 1000;
    private const int Workers = 4;

    private readonly Channel<EmailAddress> _channel = Channel.CreateBounded<EmailAddress>(
        new BoundedChannelOptions(Capacity) { FullMode = BoundedChannelFullMode.Wait });

    /// <summary>How many e-mails wait.</summary>
    public int Depth => _channel.Reader.Count;

    /// <summary>Asks for an e-mail to this address, soon. When the queue is full it is not asked for, and the log says so.</summary>
    public void Add(EmailAddress email)
    {
        if (!_channel.Writer.TryWrite(email))
        {
            metrics.Email("QueueFull");
            LogFull(hasher.Hash(email.Value), Capacity);
        }
    }

    /// <summary>Takes no more, and waits until the queue is empty or the host's shutdown time is over.</summary>
    public override async Task StopAsync(CancellationToken cancellationToken)
    {
        _channel.Writer.TryComplete();
        if (ExecuteTask is { } working)
        {
            try
            {
                await working.WaitAsync(cancellationToken);
            }
            catch (OperationCanceledException)
            {
                LogLost(Depth);
            }
        }

        await base.StopAsync(cancellationToken);
    }

    /// <inheritdoc />
    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Task.WhenAll(Enumerable.Range(0, Workers).Select(_ => WorkAsync(stoppingToken)));

    private async Task WorkAsync(CancellationToken stoppingToken)
    {
        try
        {
            await foreach (var email in _channel.Reader.ReadAllAsync(stoppingToken))
            {
                var result = await emails.SendAsync(email, stoppingToken);
                metrics.Email(result.ToString());
                LogEmail(result, hasher.Hash(email.Value));
            }
        }
        catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
        {
            // The shutdown time is over; StopAsync has said what is lost.
        }
    }

    [LoggerMessage(300, LogLevel.Information, "Login e-mail {Result}, address {AddressHash}")]
    private partial void LogEmail(LoginEmailResult result, string addressHash);

    [LoggerMessage(301, LogLevel.Error, "Login e-mail not asked for, address {AddressHash}: {Capacity} are waiting already. Firmhouse is slow or down, or somebody floods the form; see RateLimits:EmailsPerClient")]
    private partial void LogFull(string addressHash, int capacity);

    [LoggerMessage(302, LogLevel.Error, "The shutdown time is over and {Count} login e-mails were not asked for. Give the process longer to stop")]
    private partial void LogLost(int count);
}
