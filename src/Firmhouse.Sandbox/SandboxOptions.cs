using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Firmhouse.Sandbox;

/// <summary>What the command line of the sandbox says.</summary>
/// <param name="SignedOnly">The service trusts signed links only, as in production.</param>
/// <param name="ServicePort">The service's port; 0 takes any free one.</param>
/// <param name="StandInPort">The port of the stand-in for Firmhouse; 0 takes any free one.</param>
/// <param name="ShopPort">The port of the shop with customer accounts; 0 takes any free one.</param>
/// <param name="Support">The support desk runs, too.</param>
/// <param name="SupportPort">The port of the support desk; 0 takes any free one.</param>
internal sealed record SandboxOptions(
    bool SignedOnly = false, int ServicePort = 8080, int StandInPort = 8081, int ShopPort = 8082, bool Support = false, int SupportPort = 8083)
{
    public const string SignedOnlyOption = "--signed-only";
    public const string ServicePortOption = "--port";
    public const string StandInPortOption = "--standin-port";
    public const string ShopPortOption = "--shop-port";
    public const string SupportOption = "--support";
    public const string SupportPortOption = "--support-port";

    private const string Usage =
        $"""
        Options of the sandbox:
          {SignedOnlyOption}          trust signed links only, as in production
          {ServicePortOption} <port>          where the service listens (default 8080; 0: any free port)
          {StandInPortOption} <port>  where the stand-in for Firmhouse listens (default 8081; 0: any free port)
          {ShopPortOption} <port>     where the shop with customer accounts listens (default 8082; 0: any free port)
          {SupportOption}              run the support desk, too
          {SupportPortOption} <port>  where the support desk listens (default 8083; 0: any free port)
        """;

    /// <summary>Reads the arguments, or says in <paramref name="message"/> what is wrong with them.</summary>
    public static bool TryParse(
        IReadOnlyList<string> args,
        [NotNullWhen(true)] out SandboxOptions? options,
        [NotNullWhen(false)] out string? message)
    {
        (options, message) = (new SandboxOptions(), null);
        for (var index = 0; index < args.Count && message is null; index++)
        {
            var option = args[index];
            switch (option)
            {
                case SignedOnlyOption:
                    options = options with { SignedOnly = true };
                    break;
                case SupportOption:
                    options = options with { Support = true };
                    break;
                case ServicePortOption or StandInPortOption or ShopPortOption or SupportPortOption:
                    if (++index >= args.Count || !TryParsePort(args[index], out var port))
                    {
                        message = $"{option} needs a port from 0 to 65535.";
                    }
                    else
                    {
                        options = option switch
                        {
                            ServicePortOption => options with { ServicePort = port },
                            StandInPortOption => options with { StandInPort = port },
                            ShopPortOption => options with { ShopPort = port },
                            _ => options with { SupportPort = port },
                        };
                    }

                    break;
                default:
                    message = $"The sandbox has no option '{option}'.";
                    break;
            }
        }

        if (message is null)
        {
            return true;
        }

        (options, message) = (null, $"{message}{Environment.NewLine}{Usage}");
        return false;
    }

    private static bool TryParsePort(string text, out int port) =>
        int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out port) && port <= 65535;
}
