using System.CommandLine;

namespace Firmhouse.Sandbox;

/// <summary>What the command line says. The port 0 takes any free one.</summary>
internal sealed record SandboxOptions(
    bool SignedOnly = false, int ServicePort = 8080, int StandInPort = 8081, int ShopPort = 8082, bool Support = false, int SupportPort = 8083)
{
    public static readonly Option<bool> SignedOnlyOption = new("--signed-only") { Description = "Trust signed links only, as in production." };
    public static readonly Option<ushort> ServicePortOption = Port("--port", 8080, "the service");
    public static readonly Option<ushort> StandInPortOption = Port("--standin-port", 8081, "the stand-in for Firmhouse");
    public static readonly Option<ushort> ShopPortOption = Port("--shop-port", 8082, "the shop with customer accounts");
    public static readonly Option<bool> SupportOption = new("--support") { Description = "Run the support desk as well." };
    public static readonly Option<ushort> SupportPortOption = Port("--support-port", 8083, "the support desk");

    private static readonly RootCommand Command = new("Runs the service beside a stand-in for Firmhouse, and a shop with customer accounts.")
    {
        SignedOnlyOption, ServicePortOption, StandInPortOption, ShopPortOption, SupportOption, SupportPortOption,
    };

    /// <returns>The options; where there are none, because of a mistake or since help was asked for, what to invoke instead.</returns>
    public static (SandboxOptions? Options, ParseResult Arguments) Parse(IReadOnlyList<string> args)
    {
        var arguments = Command.Parse(args);
        return arguments.Errors.Count > 0 || arguments.Action is not null ? (null, arguments) : (
            new SandboxOptions(
                arguments.GetValue(SignedOnlyOption), arguments.GetValue(ServicePortOption), arguments.GetValue(StandInPortOption),
                arguments.GetValue(ShopPortOption), arguments.GetValue(SupportOption), arguments.GetValue(SupportPortOption)),
            arguments);
    }

    private static Option<ushort> Port(string name, ushort port, string what) => new(name)
    {
        Description = $"The port of {what}; 0 takes any free one.",
        HelpName = "port",
        DefaultValueFactory = _ => port,
    };
}
