using System.Diagnostics.Metrics;
using Firmhouse.Hosting.Postgres;
using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.Options;
using Npgsql;
using Polly;
using Polly.CircuitBreaker;

namespace Firmhouse.SscLogin.Store;

/// <summary>
/// Queries the store: over few connections, within a short time, and not at all while it is down, so that an outage
/// delays no request by more than that short time.
/// </summary>
internal sealed partial class Database : IAsyncDisposable
{
    private readonly NpgsqlDataSource? _source;
    private readonly ResiliencePipeline _limits;
    private readonly ResiliencePipeline _links;
    private readonly TimeProvider _time;
    private readonly Counter<long> _requests;
    private readonly ILogger<Database> _logger;

    /// <summary>Configures the connections; opens none yet.</summary>
    public Database(IOptionsMonitor<StoreOptions> options, TimeProvider time, AppMetrics metrics, ILogger<Database> logger)
    {
        (_time, _logger) = (time, logger);
        _requests = metrics.Meter.CreateCounter<long>("ssc_login.store.requests", "{request}", "Requests to the shared store, by result.");
        _source = options.CurrentValue.Postgres is { Length: > 0 } connection ? PostgresSource.Create(connection) : null;
        _limits = CreateCircuit("each replica counts its own limits", "limits are shared again");
        _links = CreateCircuit("single-use links are refused with 503", "single-use links log in again");
    }

    /// <summary>Whether a store is configured.</summary>
    public bool IsConfigured => _source is not null;

    /// <summary>Whether the schema is there, in the version that this program works with. No request queries the store before that.</summary>
    public bool IsReady { get; set; }

    /// <summary>Opens a connection for work that no request waits for.</summary>
    /// <exception cref="Exception">The store cannot be reached.</exception>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => _source!.OpenConnectionAsync(cancellationToken);

    /// <summary>Runs one statement for a request.</summary>
    /// <param name="use">What the answer is for.</param>
    /// <param name="sql">One statement.</param>
    /// <param name="timeout">How long the request waits, whatever the database and the network do.</param>
    /// <param name="parameters">The statement's parameters, by position.</param>
    /// <returns>The rows; null when the store is down.</returns>
    public async ValueTask<IReadOnlyList<object[]>?> QueryAsync(StoreUse use, string sql, TimeSpan timeout, params NpgsqlParameter[] parameters)
    {
        if (!IsReady)
        {
            return null;
        }

        try
        {
            var rows = await (use == StoreUse.Links ? _links : _limits).ExecuteAsync(
                static async (question, _) => await question.Database.ReadAsync(question.Sql, question.Parameters, question.Timeout),
                (Database: this, Sql: sql, Parameters: parameters, Timeout: timeout));
            Count("answered");
            return rows;
        }
        catch (BrokenCircuitException)
        {
            Count("skipped");
            return null;
        }
        catch (Exception exception) when (exception is not OperationCanceledException)
        {
            // Whatever it is: the driver also throws what files and platforms throw, such as for a missing client certificate.
            Count("failed");
            return null;
        }
    }

    /// <inheritdoc />
    public ValueTask DisposeAsync() => _source?.DisposeAsync() ?? ValueTask.CompletedTask;

    // The timeout is kept outside of the driver, which would wait for a server that no longer responds.
    private async Task<IReadOnlyList<object[]>> ReadAsync(string sql, NpgsqlParameter[] parameters, TimeSpan timeout)
    {
#pragma warning disable CA2000 // It has no timer and no handle, and the driver may still use it.
        var giveUp = new CancellationTokenSource();
#pragma warning restore CA2000
        var reading = ReadAsync(sql, parameters, giveUp.Token);
        try
        {
            return await reading.WaitAsync(timeout, _time);
        }
        catch (TimeoutException)
        {
            // On a thread of its own: the driver tells the server over another connection, and blocks meanwhile.
            _ = Task.Factory.StartNew(giveUp.Cancel, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            throw;
        }
    }

    private async Task<IReadOnlyList<object[]>> ReadAsync(string sql, NpgsqlParameter[] parameters, CancellationToken cancellationToken)
    {
        await using var command = _source!.CreateCommand(sql);
        command.Parameters.AddRange(parameters);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var rows = new List<object[]>();
        while (await reader.ReadAsync(cancellationToken))
        {
            var row = new object[reader.FieldCount];
            reader.GetValues(row);
            rows.Add(row);
        }

        return rows;
    }

    private void Count(string result) => _requests.Add(1, new KeyValuePair<string, object?>("result", result));

    private ResiliencePipeline CreateCircuit(string meanwhile, string again)
    {
        var isDown = false;
        return new ResiliencePipelineBuilder { TimeProvider = _time }
            .AddCircuitBreaker(new CircuitBreakerStrategyOptions
            {
                // A few requests in a row that waited in vain are enough: a customer waits behind each.
                FailureRatio = 0.5,
                MinimumThroughput = 3,
                SamplingDuration = TimeSpan.FromSeconds(5),
                BreakDuration = TimeSpan.FromSeconds(3),
                OnOpened = opened =>
                {
                    // Once, and not again for every probe that fails.
                    if (!isDown)
                    {
                        isDown = true;
                        LogDown(CauseOf(opened.Outcome.Exception), meanwhile);
                    }

                    return ValueTask.CompletedTask;
                },
                OnClosed = _ =>
                {
                    isDown = false;
                    LogBack(again);
                    return ValueTask.CompletedTask;
                },
            })
            .Build();
    }

    private static string? CauseOf(Exception? exception) => exception is PostgresException refusal ? refusal.SqlState : exception?.GetBaseException().GetType().Name;

    [LoggerMessage(500, LogLevel.Warning, "The shared store is down, or too slow ({Cause}): until it is back, {Consequence}")]
    private partial void LogDown(string? cause, string consequence);

    [LoggerMessage(501, LogLevel.Information, "The shared store is back: {Consequence}")]
    private partial void LogBack(string consequence);
}

/// <summary>What the store is asked for. Each use has a circuit of its own: a store that is too slow for limits, which get milliseconds, may do for links.</summary>
internal enum StoreUse
{
    /// <summary>Limits that count in all replicas.</summary>
    Limits,

    /// <summary>Links that log in once.</summary>
    Links,
}
