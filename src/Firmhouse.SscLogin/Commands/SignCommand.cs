using System.CommandLine;
using System.Globalization;
using Firmhouse.Hosting.Settings;
using Firmhouse.LoginLinks;
using Microsoft.Extensions.Options;
using Spectre.Console;

namespace Firmhouse.SscLogin.Commands;

/// <summary>
/// The command <c>sign</c>: one address to one link, or a column of links for a customer list. The keys come from the
/// service's configuration, never from the command line, which shells keep in their history and other processes can see.
/// </summary>
internal static class SignCommand
{
    /// <summary>The exit codes: everything is signed; nothing was written; some rows have no valid address.</summary>
    public const int Done = 0, Failed = 1, SomeNotSigned = 3;

    private static readonly Argument<string?> Address = new("address")
    {
        Description = "The customer's e-mail address. Its link goes to standard output.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<FileInfo?> Input = new("--input") { Description = "A customer list: CSV in UTF-8 with a header, separated by comma, semicolon, tab or bar." };
    private static readonly Option<FileInfo?> Output = new("--output") { Description = "The file to write: the list with one more column. It appears when it is complete." };
    private static readonly Option<string> EmailColumn = new("--email-column") { Description = "The column with the addresses.", DefaultValueFactory = _ => "email" };
    private static readonly Option<string> LinkColumn = new("--link-column") { Description = "The name of the new column.", DefaultValueFactory = _ => "ssc_login_url" };
    private static readonly Option<string?> Key = new("--key") { Description = "The id of the key to sign with. Needed where there are several." };
    private static readonly Option<string?> ValidFor = new("--valid-for") { Description = "How long the links live, such as 7d, 36h or 90m. Default: as long as the key allows." };
    private static readonly Option<string?> PublicUrl = new("--public-url") { Description = "The service's address as customers see it. Default: LoginLinks:PublicUrl." };

    public static Command Create()
    {
        var command = new Command("sign", "Mint signed login links, for one address or for a customer list. Exit code 0: done, 1: not, 3: done, but for some rows.")
        {
            Address, Input, Output, EmailColumn, LinkColumn, Key, ValidFor, PublicUrl,
        };
        command.SetAction(static (arguments, cancellationToken) => RunAsync(arguments, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult arguments, CancellationToken cancellationToken)
    {
        // System.CommandLine listens for signals only from the moment when a command first waits.
        await Task.Yield();
        var error = arguments.InvocationConfiguration.Error;
        try
        {
            var options = LoginLinkSettings.Read();
            var key = KeyOf(options, arguments.GetValue(Key));
            var signer = new LoginLinkSigner(PublicUrlOf(options, arguments.GetValue(PublicUrl)), key);
            var now = TimeProvider.System.GetUtcNow();
            if (key.HasExpired(now))
            {
                throw new CommandException($"The key {key.Id} has expired: its NotAfter has passed, so its links would be refused.");
            }

            var expiresAt = key.ExpiryOf(now, LifetimeOf(key, arguments.GetValue(ValidFor)));

            return (arguments.GetValue(Address), arguments.GetValue(Input), arguments.GetValue(Output)) switch
            {
                ({ } address, null, null) => await SignOneAsync(signer, address, expiresAt, arguments.InvocationConfiguration.Output),
                (null, { } input, { } output) => await SignListAsync(arguments, signer, expiresAt, input, output, cancellationToken),
                _ => throw new CommandException("Give either an address, or both --input and --output."),
            };
        }
        catch (Exception exception) when (exception is CommandException or IOException or UnauthorizedAccessException or InvalidDataException or OptionsValidationException)
        {
            await error.WriteLineAsync(exception.Message);
            return Failed;
        }
        catch (OperationCanceledException)
        {
            await error.WriteLineAsync("Stopped. Nothing was written.");
            return Failed;
        }
    }

    private static async Task<int> SignOneAsync(LoginLinkSigner signer, string address, DateTimeOffset expiresAt, TextWriter output)
    {
        if (!EmailAddress.TryParse(address, out var email))
        {
            throw new CommandException("This is not an e-mail address.");
        }

        await output.WriteLineAsync(signer.Sign(email, expiresAt));
        return Done;
    }

    private static async Task<int> SignListAsync(
        ParseResult arguments, LoginLinkSigner signer, DateTimeOffset expiresAt, FileInfo input, FileInfo output, CancellationToken cancellationToken)
    {
        var error = arguments.InvocationConfiguration.Error;
        var list = new CustomerList(
            email => signer.Sign(email, expiresAt),
            arguments.GetValue(EmailColumn)!,
            arguments.GetValue(LinkColumn)!,
            (line, reason) => error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"Line {line}: no link ({reason}).")));
        var counts = await WithProgressAsync(progress => Task.Run(() => list.Sign(input, output, progress, cancellationToken), cancellationToken));
        var tooLong = counts.TooLong == 0 ? string.Empty
            : string.Create(CultureInfo.InvariantCulture, $" {counts.TooLong} links are longer than the {SignedRows.LongestMergeField} bytes that a merge field of Mailchimp keeps.");
        await error.WriteLineAsync(string.Create(CultureInfo.InvariantCulture, $"{counts.Signed} links signed, {counts.NotSigned} rows without one.{tooLong}"));
        return counts.NotSigned == 0 ? Done : SomeNotSigned;
    }

    // A progress bar for a person at a terminal, and nothing in a pipe.
    private static async Task<T> WithProgressAsync<T>(Func<Action<double>, Task<T>> work)
    {
        if (Console.IsErrorRedirected)
        {
            return await work(static _ => { });
        }

        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return await console.Progress().StartAsync(async context =>
        {
            var bar = context.AddTask("Signing", maxValue: 1);
            return await work(share => bar.Value = share);
        });
    }

    private static LoginLinkKey KeyOf(LoginLinkOptions options, string? keyId)
    {
        var known = string.Join(", ", options.Keyring.Keys.Order(StringComparer.Ordinal));
        return (keyId, options.Keyring.Count) switch
        {
            (_, 0) => throw new CommandException("There is no key to sign with. Set LoginLinks:Keys:<kid>:Secret as the service has it, by environment variable or secret file."),
            (null, 1) => options.Keyring.Values.Single(),
            (null, _) => throw new CommandException($"There are several keys. Choose one with --key: {known}."),
            _ when options.Keyring.TryGetValue(keyId, out var key) => key,
            _ => throw new CommandException($"There is no such key. Use one of: {known}."),
        };
    }

    private static string PublicUrlOf(LoginLinkOptions options, string? given)
    {
        var url = given ?? options.PublicUrl;
        return url.Length == 0 ? throw new CommandException("The service's public address is not set. Set LoginLinks:PublicUrl, or give --public-url.")
            : LoginLinkOptionsValidator.MistakeInPublicUrl(url) is { } mistake ? throw new CommandException($"--public-url: {mistake}")
            : url;
    }

    private static TimeSpan LifetimeOf(LoginLinkKey key, string? text)
    {
        if (text is null)
        {
            return key.MaxLifetime;
        }

        if (!Duration.TryParse(text, out var lifetime) || lifetime == TimeSpan.Zero)
        {
            throw new CommandException("--valid-for: give a number and d, h, m or s, such as 7d.");
        }

        return lifetime <= key.MaxLifetime ? lifetime
            : throw new CommandException($"--valid-for: the key {key.Id} allows at most {key.MaxLifetime:c}. Links that live longer would be refused.");
    }
}
