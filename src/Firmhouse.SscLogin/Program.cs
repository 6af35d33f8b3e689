using System.CommandLine;
using Firmhouse.SscLogin;
using Firmhouse.SscLogin.Commands;

// Without a command the service serves; what then begins with "--" are settings, as in every ASP.NET Core application.
if (args is [] or [['-', '-', ..], ..] and not ["--help" or "--version"])
{
    return await ServeCommand.RunAsync(args);
}

var commands = new RootCommand("Takes a shop's customer into the Firmhouse Self Service Center. Without a command: serve.")
{
    SignCommand.Create(),
    ExplainCommand.Create(),
    CheckConfigCommand.Create(static () => SscLoginApp.CreateBuilder([])),
    HealthcheckCommand.Create(),
    MigrateCommand.Create(),
};
return await commands.Parse(args).InvokeAsync();
