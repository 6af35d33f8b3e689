using System.Diagnostics;
using Firmhouse.Testing;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>The company's OpenID provider: <c>oidc-provider</c> of npm, in a process of its own, with four employees.</summary>
public sealed class StaffProvider : IDisposable
{
    public const string Agent = "u-agent", Auditor = "u-auditor", Both = "u-both", Nobody = "u-none";

    public const string Needs = "tests/oidc-provider/node_modules";

    private readonly Process _process;

    public StaffProvider()
    {
        _process = Executable.Start("node", [Repository.PathOf("tests/oidc-provider/staff.mjs")]);
        _process.BeginErrorReadLine();
        Issuer = _process.StandardOutput.ReadLine() ?? throw new InvalidOperationException("The provider did not start.");
    }

    public string Issuer { get; }

    /// <summary>The desk's settings for this provider.</summary>
    public (string Key, string Value)[] Settings =>
    [
        ("Support:SignIn:Authority", Issuer), ("Support:SignIn:ClientId", "desk"), ("Support:SignIn:ClientSecret", "client-secret-for-the-tests-alone"),
        ("Support:Agents:0", "support-agents"), ("Support:Auditors:0", "auditors"),
    ];

    public void Dispose()
    {
        _process.StandardInput.Close();
        _process.WaitForExit();
        _process.Dispose();
    }
}
