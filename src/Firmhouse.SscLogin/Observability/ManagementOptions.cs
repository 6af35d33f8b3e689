using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.Observability;

/// <summary>Where health and metrics are served apart from customers: section <c>Management</c>. Read once, at start.</summary>
internal sealed class ManagementOptions : ISettings
{
    /// <inheritdoc />
    public static string Section => "Management";

    /// <summary>
    /// The port that serves <c>/metrics</c>, <c>/health/live</c> and <c>/health/ready</c>, and nothing else; they are then
    /// served nowhere else. Default: 0, no such port, no <c>/metrics</c>, and health beside the pages.
    /// </summary>
    public int Port { get; set; }

    /// <inheritdoc />
    public IEnumerable<string> FindMistakes()
    {
        if (Port is < 0 or > 65535)
        {
            yield return "Management:Port: must be a port from 1 to 65535, or 0 for none.";
        }
    }
}
