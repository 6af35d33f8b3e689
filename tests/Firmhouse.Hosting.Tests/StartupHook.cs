using System.Runtime.InteropServices;

/// <summary>
/// What <c>DOTNET_STARTUP_HOOKS</c> runs inside the service's process: on SIGUSR1 an exception that nobody handles ends it.
/// The runtime looks for a type of this name without a namespace.
/// </summary>
#pragma warning disable CA1050, CA1852, MA0047, MA0048 // The name and the place are the runtime's.
internal static class StartupHook
{
    private const int UserSignal1 = 10;
    private static PosixSignalRegistration? _registration;

    public static void Initialize() => _registration = PosixSignalRegistration.Create((PosixSignal)UserSignal1, static _ =>
        throw new InvalidOperationException("outer words", new FormatException("inner words")));
}
