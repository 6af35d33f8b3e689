namespace Firmhouse.Sandbox;

/// <summary>Starts the real service against the stand-in.</summary>
internal static class SandboxService
{
    /// <summary>Starts the service on a loopback port and gives the stand-in's start page its links.</summary>
    public static async Task<WebApplication> StartAsync(SandboxOptions options, FirmhouseStandIn standIn)
    {
        // To be filled in: SscLoginApp.CreateBuilder and Build, configured with standIn.GraphQLEndpoint and FirmhouseStandIn.AccessToken.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ListenOnLoopback(options.ServicePort);
        var app = builder.Build();
        try
        {
            await app.StartAsync();
        }
        catch
        {
            await app.DisposeAsync();
            throw;
        }

        // To be filled in: links signed by the service's own signer.
        standIn.Links = new SandboxLinks(app.LoopbackAddress(), options.SignedOnly, _ => "(to be signed)", _ => "(to be signed)");
        return app;
    }
}
