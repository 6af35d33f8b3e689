using System.Net;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace Firmhouse.Sandbox;

/// <summary>
/// A stand-in for Firmhouse on a loopback port: the GraphQL endpoint, the hosted page that a login token opens, and the
/// outbox of the e-mails it "sent". It knows none of the service's rules; it answers as Firmhouse does, or fails as Firmhouse may.
/// </summary>
internal sealed class FirmhouseStandIn : IAsyncDisposable
{
    /// <summary>The access token that the stand-in accepts from everybody but the support desk.</summary>
    public const string AccessToken = "sandbox-write-token";

    /// <summary>The support desk's own access token, by which the stand-in knows whose logins are an employee's.</summary>
    public const string SupportAccessToken = "sandbox-support-token";

    private const int MaxLoginsShown = 20;

    private readonly WebApplication _app;

    private FirmhouseStandIn(WebApplication app, TimeProvider time)
    {
        _app = app;
        LoginTokens = new LoginTokens(time);
        Outbox = new Outbox(time);
    }

    public Uri BaseAddress { get; private set; } = null!;

    public Uri GraphQLEndpoint => new(BaseAddress, "graphql");

    public LoginTokens LoginTokens { get; }

    public Outbox Outbox { get; }

    public Calls Calls { get; } = new();

    /// <summary>Whether every call fails, whatever it asks for, as in an outage.</summary>
    public bool IsDown { get; set; }

    /// <summary>Holds the Self Service Center's page back until it completes, as where that loads slowly.</summary>
    public Task SelfServiceCenterReady { get; set; } = Task.CompletedTask;

    /// <summary>The links that the start page shows; null while no service runs beside the stand-in.</summary>
    public SandboxLinks? Links { get; set; }

    /// <param name="port">The port; 0 takes any free one.</param>
    /// <param name="time">The clock, by which tokens expire and slow answers are slow.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public static async Task<FirmhouseStandIn> StartAsync(int port = 0, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        // The empty builder reads no configuration: no ASPNETCORE_* variable and no appsettings.json of the service reaches the stand-in.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ListenOnLoopback(port);
        builder.Services.AddRoutingCore();

        var app = builder.Build();
        var standIn = new FirmhouseStandIn(app, time ?? TimeProvider.System);
        standIn.Map(time ?? TimeProvider.System);
        await app.StartOrDisposeAsync(cancellationToken);

        standIn.BaseAddress = app.LoopbackAddress();
        return standIn;
    }

    /// <summary>Stops the stand-in; answers that are still delayed are cut off.</summary>
    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync();
        await _app.DisposeAsync();
    }

    private void Map(TimeProvider time)
    {
        _app.MapPost("/graphql", new GraphQLEndpoint(this, time, _app.Lifetime.ApplicationStopping).HandleAsync);
        _app.MapGet("/", (HttpContext context) => Pages.Start(Links, LoginTokens.Latest(MaxLoginsShown)).WriteAsync(context.Response));
        _app.MapGet("/outbox", (HttpContext context) => Pages.Outbox(Outbox.Latest()).WriteAsync(context.Response));
        _app.MapGet("/{locale}/{project}/self-service/token_login", LogInAsync);
        _app.MapFallback((HttpContext context) => Pages.NotFound().WriteAsync(context.Response));
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

        var page = token switch
        {
            null => Pages.TokenUnknown(),
            _ when LoginTokens.IsExpired(token) => Pages.TokenExpired(token),
            _ => Pages.LoggedIn(token),
        };
        await page.WriteAsync(context.Response);
    }
}

/// <summary>How often the GraphQL endpoint was called.</summary>
internal sealed class Calls
{
    private int _total;
    private int _loginTokens;
    private int _emails;

    /// <summary>Every call, also those that were turned away.</summary>
    public int Total => _total;

    /// <summary>Calls that asked for a login token, whatever the answer.</summary>
    public int LoginTokens => _loginTokens;

    /// <summary>Calls that asked for an e-mail with a login link, whatever the answer.</summary>
    public int Emails => _emails;

    public void Count() => Interlocked.Increment(ref _total);

    public void CountLoginToken() => Interlocked.Increment(ref _loginTokens);

    public void CountEmail() => Interlocked.Increment(ref _emails);
}

/// <summary>Starting applications that only this machine can call.</summary>
internal static class Loopback
{
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

    /// <summary>Starts the application, and disposes it if that fails, as when its port is in use.</summary>
    public static async Task StartOrDisposeAsync(this WebApplication app, CancellationToken cancellationToken = default)
    {
        try
        {
            await app.StartAsync(cancellationToken);
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }
    }

    public static Uri LoopbackAddress(this WebApplication app)
    {
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First();
        return new Uri($"http://localhost:{new Uri(address).Port}/");
    }
}
