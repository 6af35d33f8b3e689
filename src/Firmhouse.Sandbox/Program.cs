// The sandbox: a stand-in for Firmhouse, a shop with customer accounts, and the real service beside them. Nothing here calls Firmhouse.
using Firmhouse.Sandbox;
using Firmhouse.Sandbox.Accounts;
using Microsoft.AspNetCore.Connections;

if (!SandboxOptions.TryParse(args, out var options, out var message))
{
    await Console.Error.WriteLineAsync(message);
    return 2;
}

var starting = (Option: SandboxOptions.StandInPortOption, Port: options.StandInPort);
try
{
    await using var standIn = await FirmhouseStandIn.StartAsync(options.StandInPort);
    starting = (SandboxOptions.ShopPortOption, options.ShopPort);
    await using var shop = await ShopAccounts.StartAsync(options.ShopPort);
    starting = (SandboxOptions.ServicePortOption, options.ServicePort);
    await using var service = await SandboxService.StartAsync(options, standIn, shop.SignInSettings);
    standIn.Links = standIn.Links! with { Shop = shop.BaseAddress };
    shop.LoginService = standIn.Links.Service;
    starting = (SandboxOptions.SupportPortOption, options.SupportPort);
    var database = options.Support ? Path.Combine(Directory.CreateTempSubdirectory("ssc-login-sandbox").FullName, "support.db") : string.Empty;
    await using var desk = options.Support ? await SandboxService.StartSupportAsync(options.SupportPort, standIn, shop.SupportSettings, database) : null;
    if (desk is not null)
    {
        standIn.Links = standIn.Links with { Support = desk.LoopbackAddress(), SupportDatabase = database };
    }

    Console.WriteLine(standIn.Links.ToConsoleText(standIn.BaseAddress));
    await service.WaitForShutdownAsync();
    return 0;
}
catch (IOException exception) when (exception.InnerException is AddressInUseException)
{
    await Console.Error.WriteLineAsync($"Port {starting.Port} is in use. Choose another one with {starting.Option} <port>; 0 takes any free port.");
    return 1;
}
