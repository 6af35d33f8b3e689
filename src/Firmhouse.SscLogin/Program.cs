using System.CommandLine;
using Firmhouse.SscLogin;
using Firmhouse.SscLogin.Commands;

// Without a command the service serves; what then begins with "--" are settings, as in every ASP.NET Core application.
if (args is [] or [['-', '-', ..], ..] and not ["--help" or "--version"])
{
    return await ServeCommand.RunAsync(static args => SscLoginApp.Build(SscLoginApp.CreateBuilder(args)), args);
}

// The support desk takes settings in the same way.
if (args is ["support", .. var settings] && (settings is [] or [['-', '-', ..], ..]) && settings is not ["--help"])
{
    return await ServeCommand.RunAsync(static args => SupportApp.Build(SscLoginApp.CreateBuilder(args)), settings);
}

var commands = new RootCommand("Takes a shop's customer into the Firmhouse Self Service Center. Without a command: serve.")
{
    SignCommand.Create(),
    ExplainCommand.Create(),
    CheckConfigCommand.Create(static () => SscLoginApp.CreateBuilder([])),
    HealthcheckCommand.Create(),
    MigrateCommand.Create(),
    new Command("support", "Serve the support desk, and nothing of the customers' way. Takes settings as serving does: --key=value."),
    AuditCommand.Create(),
};
return await commands.Parse(args).InvokeAsync();
