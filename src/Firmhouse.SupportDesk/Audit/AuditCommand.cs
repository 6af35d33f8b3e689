using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Serialization;
using Firmhouse.Hosting;
using Firmhouse.Hosting.Commands;
using Firmhouse.Hosting.Postgres;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.SupportDesk.Audit;

/// <summary>The command <c>audit</c>: verifies, exports, erases and migrates the support desk's trail, where its settings say it is.</summary>
internal static class AuditCommand
{
    /// <summary>The exit codes: done; it could not be done; the trail has faults.</summary>
    public const int Done = 0, Failed = 1, Faulty = 3;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private static readonly Option<string?> Head = new("--head") { Description = "A hash that the trail must contain, such as the newest in the log (event 700). Detects entries that were cut off at the end." };
    private static readonly Option<long> After = new("--after") { Description = "Begin after this entry." };
    private static readonly Argument<string?> Address = new("address") { Description = "The customer's address.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> Expired = new("--expired") { Description = "Instead of one customer: all that is older than Support:KeepFor." };

    /// <summary>Describes the command.</summary>
    public static Command Create()
    {
        var verify = new Command("verify", "Find entries that were changed, removed, moved or, with --head, cut off. Exit code 0: none, 1: it cannot be read, 3: some.") { Head };
        verify.SetAction(static (arguments, cancellationToken) => RunAsync(arguments, VerifyAsync, cancellationToken));
        var export = new Command("export", "Write the entries as NDJSON to standard output. The export is an entry itself. Exit code 0: done, 1: not.") { After };
        export.SetAction(static (arguments, cancellationToken) => RunAsync(arguments, ExportAsync, cancellationToken));
        var forget = new Command("forget", "Erase a customer's address and the notes about the customer. The entries stay, and the chain stays intact. Exit code 0: done, 1: not.") { Address, Expired };
        forget.SetAction(static (arguments, cancellationToken) => RunAsync(arguments, ForgetAsync, cancellationToken));
        var migrate = new Command("migrate", "Create or update the trail's tables to this version; every start does so, too. Exit code 0: done, 1: not.");
        migrate.SetAction(static (arguments, cancellationToken) => RunAsync(arguments, MigrateAsync, cancellationToken));
        return new Command("audit", "The support desk's audit trail.") { verify, export, forget, migrate };
    }

    private static async Task<int> RunAsync(ParseResult arguments, Func<ParseResult, IServiceProvider, CancellationToken, Task<int>> action, CancellationToken cancellationToken)
    {
        // System.CommandLine listens for signals only from the moment when a command first waits.
        await Task.Yield();
        var error = arguments.InvocationConfiguration.Error;
        try
        {
            var configuration = AppBuilder.Create([]).Configuration;
            if (StoreOptionsValidator.FindFailure(configuration.GetConnectionString("Postgres")) is { } failure)
            {
                await error.WriteLineAsync(failure.ToString());
                return Failed;
            }

            var services = new ServiceCollection();
            services.AddLogging();
            services.AddSingleton(TimeProvider.System);
            services.AddSingleton<IConfiguration>(configuration);
            services.AddAuditTrail();
            await using var provider = services.BuildServiceProvider();
            return await action(arguments, provider, cancellationToken);
        }
        catch (Exception exception) when (AuditDatabase.IsFailure(exception))
        {
            await error.WriteLineAsync($"The audit trail cannot be used: {exception.Message} Check Support:Database or ConnectionStrings:Postgres.");
            return Failed;
        }
        catch (Exception exception) when (StartFailure.IsExpected(exception))
        {
            await error.WriteLineAsync(string.Join(Environment.NewLine, StartFailure.Describe(exception, "The command cannot run:")));
            return Failed;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Stopped.");
            return Failed;
        }
    }

    private static async Task<int> VerifyAsync(ParseResult arguments, IServiceProvider services, CancellationToken cancellationToken)
    {
        var verdict = await AuditVerifier.VerifyAsync(services.GetRequiredService<AuditTrail>(), arguments.GetValue(Head), cancellationToken);
        var output = arguments.InvocationConfiguration.Output;
        foreach (var fault in verdict.Faults)
        {
            await output.WriteLineAsync(fault);
        }

        await output.WriteLineAsync($"{verdict.Entries} entries, head {verdict.Head}: {(verdict.Faults.Count == 0 ? "intact" : "NOT INTACT")}.");
        return verdict.Faults.Count == 0 ? Done : Faulty;
    }

    private static async Task<int> ExportAsync(ParseResult arguments, IServiceProvider services, CancellationToken cancellationToken)
    {
        var trail = services.GetRequiredService<AuditTrail>();
        var entry = NewEntry(AuditKind.Exported);
        entry.Detail = $"NDJSON after entry {arguments.GetValue(After)}";
        await trail.AppendAsync(entry, cancellationToken);
        await foreach (var exported in trail.ReadAsync(arguments.GetValue(After), cancellationToken))
        {
            // With the key, the hash could be matched against addresses even after the customer is forgotten.
            exported.PersonalKey = null;
            exported.Mailbox = null;
            await arguments.InvocationConfiguration.Output.WriteLineAsync(JsonSerializer.Serialize(exported, Json));
        }

        return Done;
    }

    private static async Task<int> ForgetAsync(ParseResult arguments, IServiceProvider services, CancellationToken cancellationToken)
    {
        var trail = services.GetRequiredService<AuditTrail>();
        var by = NewEntry(AuditKind.Forgotten);
        var report = services.GetRequiredService<SettingsMonitor<SupportOptions>>().Report();
        IAsyncEnumerable<AuditEntry> entries;
        switch (arguments.GetValue(Address), arguments.GetValue(Expired))
        {
            case ({ } address, false):
                entries = trail.ForgetCustomerAsync(address, by, cancellationToken);
                break;
            case (null, true) when report.Failures.FirstOrDefault(failure => failure.Key == "Support:KeepFor") is { } failure:
                await arguments.InvocationConfiguration.Error.WriteLineAsync(failure.ToString());
                return Failed;
            case (null, true) when ((SupportOptions)report.Options).KeepFor is { } keepFor:
                entries = trail.ForgetBeforeAsync(TimeProvider.System.GetUtcNow() - keepFor, by, cancellationToken);
                break;
            default:
                await arguments.InvocationConfiguration.Error.WriteLineAsync("Give either an address or --expired; the latter needs Support:KeepFor.");
                return Failed;
        }

        var isErased = false;
        await foreach (var entry in entries)
        {
            isErased = true;
            await arguments.InvocationConfiguration.Output.WriteLineAsync($"Entry {entry.Sequence}: erased address and note of entries {entry.Detail}. Head {entry.Hash}");
        }

        if (!isErased)
        {
            await arguments.InvocationConfiguration.Output.WriteLineAsync("There was nothing to erase.");
        }

        return Done;
    }

    private static async Task<int> MigrateAsync(ParseResult arguments, IServiceProvider services, CancellationToken cancellationToken)
    {
        await services.GetRequiredService<AuditDatabase>().MigrateAsync(cancellationToken);
        await arguments.InvocationConfiguration.Output.WriteLineAsync("The tables are up to date.");
        return Done;
    }

    private static AuditEntry NewEntry(string kind) => new() { Kind = kind, Issuer = "command", Subject = Environment.UserName, Name = Environment.UserName };
}
