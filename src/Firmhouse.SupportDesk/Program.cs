using System.CommandLine;
using Firmhouse.Hosting;
using Firmhouse.Hosting.Commands;
using Firmhouse.SupportDesk;
using Firmhouse.SupportDesk.Audit;

// Without a command the desk serves; what then begins with "--" are settings, as in every ASP.NET Core application.
if (args is [] or [['-', '-', ..], ..] and not ["--help" or "--version"])
{
    return await ServeCommand.RunAsync(static args => SupportDeskApp.Build(AppBuilder.Create(args)), args, "The support desk");
}

var commands = new RootCommand("The support desk of Firmhouse SSC Login. Without a command: serve.")
{
    AuditCommand.Create(),
    CheckConfigCommand.Create(static builder => SupportDeskApp.Compose(builder), SupportDeskApp.AddOnlineChecks),
    HealthcheckCommand.Create(),
};

// As the service's commands: by default one that is told to stop is cut off after two seconds.
return await commands.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = TimeSpan.FromSeconds(30) });
