namespace Firmhouse.Testing;

internal static class Timeouts
{
    /// <summary>How long a test waits for what always comes: so long that only a hang lasts longer, however busy the machine is.</summary>
    public static readonly TimeSpan Hang = TimeSpan.FromMinutes(3);
}
