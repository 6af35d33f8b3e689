using System.Text.Json.Nodes;
using Firmhouse.Testing;
using Xunit;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>The company's OpenID provider, with four employees.</summary>
public sealed class StaffProvider : IAsyncLifetime
{
    public const string Agent = "u-agent", Auditor = "u-auditor", Both = "u-both", Nobody = "u-none";

    internal ProviderStub Stub { get; private set; } = null!;

    public string Issuer => Stub.Issuer;

    /// <summary>The desk's settings for this provider.</summary>
    public (string Key, string Value)[] Settings => SettingsFor(Stub);

    public async Task InitializeAsync() => Stub = await StartAsync();

    public async Task DisposeAsync() => await Stub.DisposeAsync();

    /// <summary>Starts a provider that one test has for itself, to corrupt its answers.</summary>
    internal static async Task<ProviderStub> StartAsync()
    {
        var stub = await ProviderStub.StartAsync();
        stub.Issuer = stub.Address.GetLeftPart(UriPartial.Authority);
        stub.Claims.Clear();
        stub.Claims["groups"] = "support-agents";
        stub.Accounts[Agent] = Employee("Alex Agent", "staff", "support-agents");
        stub.Accounts[Auditor] = Employee("Andy Auditor", "staff", "auditors");
        stub.Accounts[Both] = Employee("Billie Both", "support-agents", "auditors");
        stub.Accounts[Nobody] = Employee("Nils Nobody", "staff");
        return stub;
    }

    internal static (string Key, string Value)[] SettingsFor(ProviderStub stub) =>
    [
        ("Support:SignIn:Authority", stub.Issuer), ("Support:SignIn:ClientId", ProviderStub.ClientId), ("Support:SignIn:ClientSecret", ProviderStub.ClientSecret),
        ("Support:Agents:0", "support-agents"), ("Support:Auditors:0", "auditors"),
    ];

    private static JsonObject Employee(string name, params string[] groups) => new() { ["name"] = name, ["groups"] = new JsonArray([.. groups.Select(group => JsonValue.Create(group))]) };
}
