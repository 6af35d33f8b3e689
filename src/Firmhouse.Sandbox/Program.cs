// The sandbox: a stand-in for Firmhouse, a shop with customer accounts, and beside them the real service and, if asked for, its
// support desk. Nothing here calls Firmhouse.
using Firmhouse.Sandbox;
using Firmhouse.Sandbox.Accounts;
using Microsoft.AspNetCore.Connections;

var (options, arguments) = SandboxOptions.Parse(args);
if (options is null)
{
    return await arguments.InvokeAsync();
}

var starting = (Option: SandboxOptions.StandInPortOption, Port: options.StandInPort);
try
{
    await using var standIn = await FirmhouseStandIn.StartAsync(options.StandInPort);
    starting = (SandboxOptions.ShopPortOption, options.ShopPort);
    await using var shop = await ShopAccounts.StartAsync(options.ShopPort);
    starting = (SandboxOptions.ServicePortOption, options.ServicePort);
    await using var service = await SandboxService.StartAsync(options, standIn, shop.SignInSettings);
    starting = (SandboxOptions.SupportPortOption, options.SupportPort);
    await using var desk = options.Support ? await SandboxSupportDesk.StartAsync(options.SupportPort, standIn, shop) : null;
    standIn.Links = standIn.Links! with { Shop = shop.BaseAddress, SupportDesk = desk?.LoopbackAddress() };
    shop.LoginService = standIn.Links.Service;
    Console.WriteLine(standIn.Links.ToConsoleText(standIn.BaseAddress));
    await service.WaitForShutdownAsync();
    return 0;
}
catch (IOException exception) when (exception.InnerException is AddressInUseException)
{
    await Console.Error.WriteLineAsync($"Port {starting.Port} is in use. Choose another one with {starting.Option.Name} <port>; 0 takes any free port.");
    return 1;
}
