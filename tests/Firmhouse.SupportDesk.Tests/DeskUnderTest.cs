using Firmhouse.Testing;
using Microsoft.Extensions.Time.Testing;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>A desk with a provider of the test's own, for what is not about the sign-in.</summary>
internal sealed class DeskUnderTest : IAsyncDisposable
{
    private readonly DirectoryInfo _directory = Directory.CreateTempSubdirectory("ssc-login-desk");
    private readonly System.Collections.Concurrent.ConcurrentBag<Service> _desks = [];
    private readonly ProviderStub _provider;

    private DeskUnderTest(ProviderStub provider) => _provider = provider;

    public static IReadOnlyDictionary<string, string> Form { get; } = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["address"] = "jane@example.com",
        ["reason"] = "Walk through a plan change",
        ["ticket"] = "SUP-17",
        ["note"] = "Jane sees <no> plan B & asked us to look",
        ["consent"] = "asked",
        ["understood"] = "yes",
    };

    public FakeTimeProvider Time { get; } = new(TimeProvider.System.GetUtcNow());

    public string File => Path.Combine(_directory.FullName, "support.db");

    /// <summary>A provider whose employee is an agent and an auditor.</summary>
    public static async Task<DeskUnderTest> CreateAsync()
    {
        var provider = await ProviderStub.StartAsync();
        provider.Issuer = provider.Address.GetLeftPart(UriPartial.Authority);
        provider.Claims["groups"] = "staff";
        return new DeskUnderTest(provider);
    }

    /// <summary>Starts a replica: on one SQLite file, unless the settings say otherwise.</summary>
    public async Task<Service> StartAsync(params (string Key, string Value)[] settings)
    {
        (string Key, string Value)[] standard =
        [
            ("Support:SignIn:Authority", _provider.Issuer), ("Support:SignIn:ClientId", ProviderStub.ClientId), ("Support:SignIn:ClientSecret", ProviderStub.ClientSecret),
            ("Support:Agents:0", "staff"), ("Support:Auditors:0", "staff"), ("Support:Database", File), ("RateLimits:Enabled", "false"),
        ];
        var desk = await Service.StartSupportAsync(Time, [.. standard.ExceptBy(settings.Select(setting => setting.Key), setting => setting.Key), .. settings]);
        _desks.Add(desk);
        return desk;
    }

    /// <summary>Begins a sign-in, and comes back from the provider.</summary>
    public async Task<StaffBrowser> SignInAsync(Service desk)
    {
        var browser = new StaffBrowser(desk.Address);
        using var signedIn = await browser.CallBackAsync(_provider);
        return browser;
    }

    public static Dictionary<string, string> Fields(params (string Name, string Value)[] fields)
    {
        var form = new Dictionary<string, string>(Form, StringComparer.Ordinal);
        Array.ForEach(fields, field => form[field.Name] = field.Value);
        return form;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var desk in _desks)
        {
            await desk.DisposeAsync();
        }

        await _provider.DisposeAsync();
        _directory.Delete(recursive: true);
    }
}
