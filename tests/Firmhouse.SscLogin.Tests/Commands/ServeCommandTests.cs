using Firmhouse.Hosting;
using Firmhouse.Hosting.Commands;
using Firmhouse.Testing;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Commands;

/// <summary>The service's exit code, for parts that no setting makes fail.</summary>
public sealed class ServeCommandTests
{
    /// <summary>Else an orchestrator that restarts only what failed would leave it stopped.</summary>
    [Fact]
    public async Task ExitCode_IsOne_WhenABackgroundServiceFails()
    {
        await using var firmhouse = SocketStub.Refusing();
        var hasFailed = false;

        var exitCode = await ServeCommand.RunAsync(Build,
        [
            "--urls=http://127.0.0.1:0", "--SECRETS_DIRECTORY=/nowhere", $"--Firmhouse:AccessToken={Service.AccessToken}",
            $"--Firmhouse:Endpoint={firmhouse.Endpoint}", "--Firmhouse:AllowedRedirectHosts:0=shop.example.com", "--LoginLinks:AllowUnsigned=true", "--Shutdown:DrainDelay=00:00:00",
        ]);

        exitCode.ShouldBe(1);
        hasFailed.ShouldBeTrue("and not because it could not start");

        WebApplication Build(string[] args)
        {
            var builder = AppBuilder.Create(args);
            builder.Services.AddHostedService(provider => new FailingService(provider.GetRequiredService<IHostApplicationLifetime>(), () => hasFailed = true));
            return SscLoginApp.Build(builder);
        }
    }

    private sealed class FailingService(IHostApplicationLifetime lifetime, Action onFailing) : BackgroundService
    {
        protected override async Task ExecuteAsync(CancellationToken stoppingToken)
        {
            var started = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
            await using var registration = lifetime.ApplicationStarted.Register(started.SetResult);
            await started.Task;
            onFailing();
            throw new InvalidOperationException("failed on purpose");
        }
    }
}
