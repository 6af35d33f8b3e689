using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;
using Firmhouse.Testing;
using Serilog.Events;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.Settings;

/// <summary>Secrets as files, laid out and turned round as Kubernetes does it, under a service that goes on serving.</summary>
[Trait("Category", "Process")]
public sealed partial class SecretFilesTests : IDisposable
{
    private const string OldToken = "old-write-token", NewToken = "new-write-token";
    private const string OldKey = "shop1", NewKey = "shop2";

    private readonly string _directory = Directory.CreateTempSubdirectory("ssc-login-secrets-").FullName;
    private readonly FirmhouseServer _firmhouse = FirmhouseServer.Start();

    public void Dispose()
    {
        _firmhouse.Dispose();
        Directory.Delete(_directory, recursive: true);
    }

    [Fact]
    public async Task Rotation_IsTakenOver_WithoutARestartOrAFailedLogin()
    {
        Mount("..2026_01_01", ("Firmhouse__AccessToken", OldToken), ("LoginLinks__Keys__shop1__Secret", LinkSigner.OtherSecret), ("LoginLinks__Keys__leaked__Secret", LinkSigner.Secret));
        await using var service = await ServeAsync();
        var logins = LogInUntilTheNewSecretsAreInForceAsync(service);
        await logins.Started;
        var leaked = LinkSigner.PathOf(LinkSigner.Link("customer@example.com", TimeProvider.System.GetUtcNow().AddMinutes(30), "leaked", LinkSigner.Secret));
        using (var before = await service.Client.GetAsync(leaked))
        {
            before.StatusCode.ShouldBe(HttpStatusCode.Found);
        }

        Mount("..2026_02_02", ("Firmhouse__AccessToken", NewToken), ("LoginLinks__Keys__shop1__Secret", LinkSigner.OtherSecret), ("LoginLinks__Keys__shop2__Secret", LinkSigner.Secret));

        var statuses = await logins.Done.WaitAsync(Timeouts.Hang);
        statuses.ShouldAllBe(status => status == HttpStatusCode.Found);
        _firmhouse.Calls[0].Headers["X-Project-Access-Token"].ShouldBe(OldToken);
        _firmhouse.Calls[^1].Headers["X-Project-Access-Token"].ShouldBe(NewToken);
        using var after = await service.Client.GetAsync(leaked);
        after.StatusCode.ShouldBe(HttpStatusCode.Forbidden, "a key that is gone is no key");
        await service.TerminateAsync();
        (await service.ExitAsync()).ShouldBe(0);
        service.Output.ShouldNotContain(NewToken);
        service.Output.ShouldNotContain(LinkSigner.Secret);
    }

    [Fact]
    public async Task Rotation_IsRefused_AndSaysWhy_WhenTheNewSecretIsInvalid()
    {
        await using var service = await Service.StartAsync(("LoginLinks:Keys:shop1:Secret", LinkSigner.OtherSecret), ("LoginLinks:Keys:shop2:Secret", LinkSigner.Secret));

        service.Change(("Firmhouse:AccessToken", ""), ("LoginLinks:Keys:shop1:Secret", "too-short"));

        using var taken = await service.GetAsync(Link(OldKey, LinkSigner.OtherSecret));
        taken.StatusCode.ShouldBe(HttpStatusCode.Forbidden, "its secret was taken away");
        using var response = await service.GetAsync(Link(NewKey, LinkSigner.Secret));
        response.StatusCode.ShouldBe(HttpStatusCode.Found);
        service.Firmhouse.Calls[^1].Headers["X-Project-Access-Token"].ShouldBe(Service.AccessToken);
        var lines = service.Logged(100);
        lines.ShouldAllBe(line => line.Level == LogEventLevel.Error);
        var text = string.Concat(lines.Select(line => line.RenderMessage(CultureInfo.InvariantCulture)));
        text.ShouldContain("Firmhouse:AccessToken: is missing.");
        text.ShouldContain("LoginLinks:Keys:shop1:Secret: has fewer than 32 bytes.");
        text.ShouldNotContain("too-short");
    }

    /// <summary>The file of a key goes while another file there cannot be read.</summary>
    [Fact]
    public async Task Revocation_IsTakenOver_WhateverElseIsWrongInTheDirectory()
    {
        Mount("..2026_01_01", ("Firmhouse__AccessToken", OldToken), ("LoginLinks__Keys__shop1__Secret", LinkSigner.OtherSecret));
        await using var service = await ServeAsync();
        using (var before = await service.Client.GetAsync(Link(OldKey, LinkSigner.OtherSecret)))
        {
            before.StatusCode.ShouldBe(HttpStatusCode.Found);
        }

        File.CreateSymbolicLink(Path.Combine(_directory, "LoginLinks__Keys__shop3__Secret"), "..data/nowhere");
        Mount("..2026_02_02", ("Firmhouse__AccessToken", OldToken), ("LoginLinks__Keys__shop2__Secret", "31-bytes-is-less-than-it-takes!"));

        await service.WaitForOutputAsync(Refused());
        using var after = await service.Client.GetAsync(Link(OldKey, LinkSigner.OtherSecret));
        after.StatusCode.ShouldBe(HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Start_Fails_WhenTheSecretsDirectoryHasNoAccessToken()
    {
        Mount("..2026_01_01", ("LoginLinks__Keys__shop1__Secret", LinkSigner.OtherSecret));

        var (exitCode, _, errors) = await ServiceProcess.RunAsync([], ("SECRETS_DIRECTORY", _directory), ("ASPNETCORE_URLS", "http://127.0.0.1:0"));

        exitCode.ShouldBe(1);
        errors.ShouldContain("Firmhouse:AccessToken: is missing.");
        errors.ShouldNotContain(" at Firmhouse.SscLogin.", customMessage: "a mistake is no crash");
    }

    private Task<ServiceProcess> ServeAsync() => ServiceProcess.ServeAsync(
        ("SECRETS_DIRECTORY", _directory), ("Firmhouse__Endpoint", _firmhouse.Endpoint.ToString()), ("Firmhouse__AllowedRedirectHosts__0", "shop.example.com"), ("Shutdown__DrainDelay", "00:00:00"), ("RateLimits__Enabled", "false"));

    /// <summary>Customers log in one after the other on two ways, with links of the old key, until a link of the new key works and the new token is used.</summary>
    private (Task Started, Task<IReadOnlyList<HttpStatusCode>> Done) LogInUntilTheNewSecretsAreInForceAsync(ServiceProcess service)
    {
        var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        return (started.Task, RunAsync());

        async Task<IReadOnlyList<HttpStatusCode>> RunAsync() => [.. (await Task.WhenAll(Enumerable.Range(0, 2).Select(_ => LogInAsync()))).SelectMany(statuses => statuses)];

        async Task<List<HttpStatusCode>> LogInAsync()
        {
            var statuses = new List<HttpStatusCode>();
            while (true)
            {
                using var old = await service.Client.GetAsync(Link(OldKey, LinkSigner.OtherSecret));
                statuses.Add(old.StatusCode);
                started.TrySetResult();
                using var next = await service.Client.GetAsync(Link(NewKey, LinkSigner.Secret));
                if (next.StatusCode == HttpStatusCode.Found && _firmhouse.Calls[^1].Headers["X-Project-Access-Token"] == NewToken)
                {
                    return statuses;
                }
            }
        }
    }

    private static string Link(string keyId, string secret) =>
        LinkSigner.PathOf(LinkSigner.Link("customer@example.com", TimeProvider.System.GetUtcNow().AddMinutes(30), keyId, secret));

    /// <summary>
    /// Writes the files into a directory of their own and turns <c>..data</c> to it in one step; the first time, links
    /// from the names that are mounted lead there (kubelet's AtomicWriter).
    /// </summary>
    private void Mount(string version, params (string Name, string Value)[] files)
    {
        var versioned = Directory.CreateDirectory(Path.Combine(_directory, version)).FullName;
        foreach (var (name, value) in files)
        {
            File.WriteAllText(Path.Combine(versioned, name), value);
        }

        // File.Move looks where a link leads; rename(2) does not.
        var turned = Path.Combine(_directory, "..data_tmp");
        File.CreateSymbolicLink(turned, version);
        using var move = Process.Start("mv", ["-T", turned, Path.Combine(_directory, "..data")]);
        move.WaitForExit();
        move.ExitCode.ShouldBe(0);

        var names = files.Select(file => file.Name).ToHashSet(StringComparer.Ordinal);
        foreach (var link in new DirectoryInfo(_directory).EnumerateFiles().Where(link => !link.Name.StartsWith("..", StringComparison.Ordinal) && !names.Remove(link.Name)))
        {
            link.Delete();
        }

        foreach (var name in names)
        {
            File.CreateSymbolicLink(Path.Combine(_directory, name), $"..data/{name}");
        }
    }

    [GeneratedRegex("LoginLinks:Keys:shop2:Secret: has fewer than 32 bytes", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Refused();
}
