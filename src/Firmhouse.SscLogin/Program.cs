using System.CommandLine;
using Firmhouse.Hosting;
using Firmhouse.Hosting.Commands;
using Firmhouse.SscLogin;
using Firmhouse.SscLogin.Commands;

// Without a command the service serves; what then begins with "--" are settings, as in every ASP.NET Core application.
if (args is [] or [['-', '-', ..], ..] and not ["--help" or "--version"])
{
    return await ServeCommand.RunAsync(static args => SscLoginApp.Build(AppBuilder.Create(args)), args);
}

var commands = new RootCommand("Takes a shop's customer into the Firmhouse Self Service Center. Without a command: serve.")
{
    SignCommand.Create(),
    ExplainCommand.Create(),
    CheckConfigCommand.Create(static builder => SscLoginApp.Compose(builder), SscLoginApp.AddOnlineChecks),
    HealthcheckCommand.Create(),
    MigrateCommand.Create(),
};

// By default a command that is told to stop is cut off after two seconds, and what it began stays behind: a file of links, which are logins.
return await commands.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
