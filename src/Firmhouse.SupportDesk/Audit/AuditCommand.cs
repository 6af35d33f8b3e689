using System.CommandLine;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using Firmhouse.Hosting;
using Firmhouse.Hosting.Commands;
using Firmhouse.Hosting.Postgres;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.SupportDesk.Audit;

internal static class AuditCommand
{
    private const int Done = 0, Failed = 1, Faulty = 3;

    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull };

    private static readonly Option<string?> Head = new("--head") { Description = "A hash that the trail must contain, such as the newest in the log (event 700). Detects entries that were cut off at the end." };
    private static readonly Option<long> After = new("--after") { Description = "Begin after this entry." };
    private static readonly Argument<string?> Address = new("address") { Description = "The customer's address.", Arity = ArgumentArity.ZeroOrOne };
    private static readonly Option<bool> Expired = new("--expired") { Description = "Instead of one customer: all that is older than Support:KeepFor." };

    public static Command Create()
    {
        var verify = new Command("verify", "Find entries that were changed, removed, backdated, moved or, with --head, cut off, and deletions that no entry explains. Exit code 0: none, 1: it cannot be read, 3: some.") { Head };
        verify.SetAction(static (arguments, cancellationToken) => RunAsync(arguments, VerifyAsync, cancellationToken));
        var export = new Command("export", "Write the entries as NDJSON to standard output. The export is an entry itself. Exit code 0: done, 1: not.") { After };
        export.SetAction(static (arguments, cancellationToken) => RunAsync(arguments, ExportAsync, cancellationToken));
        var forget = new Command("forget", "Erase a customer's address and the notes about the customer. The entries stay, and the chain stays intact. Exit code 0: done, 1: not.") { Address, Expired };
        forget.SetAction(static (arguments, cancellationToken) => RunAsync(arguments, ForgetAsync, cancellationToken));
        var migrate = new Command("migrate", "Create or update the desk's tables to this version, as every start does. Exit code 0: done, 1: not.");
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
        catch (Exception exception) when (DeskDatabase.IsFailure(exception))
        {
            await error.WriteLineAsync($"The audit trail cannot be used: {Printable(exception.Message)} Check Support:Database or ConnectionStrings:Postgres.");
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
        var keepFor = services.GetRequiredService<SettingsMonitor<SupportOptions>>().Unchecked().KeepFor;
        var verdict = await AuditVerifier.VerifyAsync(services.GetRequiredService<AuditTrail>(), arguments.GetValue(Head), keepFor, cancellationToken);
        var output = arguments.InvocationConfiguration.Output;
        foreach (var sentence in verdict.Faults.Concat(verdict.Remarks))
        {
            await output.WriteLineAsync(sentence);
        }

        await output.WriteLineAsync($"{verdict.Entries} entries, head {verdict.Head}: {(verdict.Faults.Count == 0 ? "intact" : "NOT INTACT")}.");
        return verdict.Faults.Count == 0 ? Done : Faulty;
    }

    private static async Task<int> ExportAsync(ParseResult arguments, IServiceProvider services, CancellationToken cancellationToken)
    {
        var trail = services.GetRequiredService<AuditTrail>();
        var entry = NewEntry(AuditKind.Exported, $"NDJSON after entry {arguments.GetValue(After)}");
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
                var before = TimeProvider.System.GetUtcNow() - keepFor;
                if (await trail.FindDueAsync(before, cancellationToken) is { Oldest: { } oldest } due)
                {
                    // Before it is done: who sees that the clock is wrong can still stop it.
                    await arguments.InvocationConfiguration.Error.WriteLineAsync(
                        $"Erasing {due.Count} of {due.Kept} addresses and notes: those of before {AuditEntry.Text(before)}, the oldest of {Printable(oldest)}.");
                }

                entries = trail.ForgetBeforeAsync(before, by, cancellationToken);
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
        await services.GetRequiredService<DeskDatabase>().MigrateAsync(cancellationToken);
        await arguments.InvocationConfiguration.Output.WriteLineAsync("The tables are up to date.");
        return Done;
    }

    // A terminal obeys control characters.
    private static string Printable(string text) => string.Concat(text.Select(static character =>
        char.IsControl(character) || char.GetUnicodeCategory(character) is UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
            ? $"\\u{(int)character:X4}"
            : $"{character}"));

    private static AuditEntry NewEntry(string kind, string? detail = null) =>
        new() { Kind = kind, Issuer = AuditEntry.Command, Subject = Environment.UserName, Name = Environment.UserName, Detail = detail };
}
