using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Firmhouse.Sandbox;

/// <summary>A stand-in for Firmhouse on a loopback port: the GraphQL endpoint, the hosted page that a login token opens, and the
/// outbox of the e-mails it "sent". It knows none of the service's rules; it answers as Firmhouse does, or fails as Firmhouse may.</summary>
internal sealed class FirmhouseStandIn(WebApplication app, TimeProvider time) : IAsyncDisposable
{
    /// <summary>The access token that the stand-in accepts from everybody but the support desk.</summary>
    public const string AccessToken = "sandbox-write-token";

    /// <summary>The support desk's own, by which the stand-in knows whose logins are an employee's.</summary>
    public const string SupportAccessToken = "sandbox-support-token";

    public Uri BaseAddress { get; private set; } = null!;

    public Uri GraphQLEndpoint => new(BaseAddress, "graphql");

    public LoginTokens LoginTokens { get; } = new(time);

    public Outbox Outbox { get; } = new(time);

    public Calls Calls { get; } = new();

    /// <summary>Whether every call fails, whatever it asks for, as in an outage.</summary>
    public bool IsDown { get; set; }

    /// <summary>Holds the Self Service Center's page back until it completes, as where that loads slowly.</summary>
    public Task SelfServiceCenterReady { get; set; } = Task.CompletedTask;

    /// <summary>The links that the start page shows; null while no service runs beside the stand-in.</summary>
    public SandboxLinks? Links { get; set; }

    /// <param name="port">The port; 0 takes any free one.</param>
    /// <param name="time">The clock, by which tokens expire and slow answers are slow.</param>
    public static async Task<FirmhouseStandIn> StartAsync(int port = 0, TimeProvider? time = null)
    {
        var app = Loopback.CreateBuilder(port).Build();
        var standIn = new FirmhouseStandIn(app, time ?? TimeProvider.System);
        standIn.Map();
        await app.StartAsync();
        standIn.BaseAddress = app.LoopbackAddress();
        return standIn;
    }

    /// <summary>Stops the stand-in; answers that are still delayed are cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        await app.StopAsync();
        await app.DisposeAsync();
    }

    private void Map()
    {
        app.MapPost("/graphql", new GraphQLEndpoint(this, time, app.Lifetime.ApplicationStopping).HandleAsync);
        app.MapGet("/", (HttpContext context) => Pages.Start(Links, LoginTokens.Latest(20)).WriteAsync(context.Response));
        app.MapGet("/outbox", (HttpContext context) => Pages.Outbox(Outbox.Latest()).WriteAsync(context.Response));
        app.MapGet("/{locale}/{project}/self-service/token_login", LogInAsync);
        app.MapFallback((HttpContext context) => Pages.NotFound().WriteAsync(context.Response));
    }

    private async Task LogInAsync(HttpContext context)
    {
        await SelfServiceCenterReady;
        var token = LoginTokens.Find(context.Request.Query["token"].ToString());
        if (token is not null && TestAddresses.BehaviourOf(token.Email) == Behaviour.OwnDomain && context.Request.Host.Host == BaseAddress.Host)
        {
            context.Response.Redirect($"http://{IPAddress.Loopback}:{BaseAddress.Port}{context.Request.Path}{context.Request.QueryString}");
            return;
        }

        var page = token is null ? Pages.TokenUnknown() : token.ExpiresAt <= time.GetUtcNow() ? Pages.TokenExpired(token) : Pages.LoggedIn(token);
        await page.WriteAsync(context.Response);
    }
}

/// <summary>How often the GraphQL endpoint was called: in all, also in vain; and for either mutation, whatever the answer.</summary>
internal sealed class Calls
{
    public int Total, LoginTokens, Emails;
}

/// <summary>Applications that only this machine can call.</summary>
internal static class Loopback
{
    /// <summary>An application that reads no configuration: no ASPNETCORE_* variable and no appsettings.json of the service reaches it.</summary>
    public static WebApplicationBuilder CreateBuilder(int port)
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ListenOnLoopback(port);
        builder.Services.AddRoutingCore();
        return builder;
    }

    public static IWebHostBuilder ListenOnLoopback(this IWebHostBuilder host, int port) => host.ConfigureKestrel(kestrel =>
    {
        kestrel.AddServerHeader = false;
        if (port == 0)
        {
            // "localhost" is two addresses, and a dynamic port cannot be the same on both.
            kestrel.Listen(IPAddress.Loopback, 0);
        }
        else
        {
            kestrel.ListenLocalhost(port);
        }
    });

    public static Uri LoopbackAddress(this WebApplication app)
    {
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new Uri($"http://localhost:{new Uri(address).Port}/");
    }
}
