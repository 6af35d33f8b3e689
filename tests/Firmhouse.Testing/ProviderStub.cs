using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Firmhouse.Testing;

/// <summary>
/// An OpenID provider whose every answer a test can corrupt. What a provider does that works is for the real one
/// (the tests of a real provider); nobody sees this one's sign-in page, since tests come back from it by themselves.
/// </summary>
internal sealed class ProviderStub : IAsyncDisposable
{
    public const string ClientId = "shop", ClientSecret = "provider-secret:/+not-for-production";

    private readonly WebApplication _app;
    private RsaSecurityKey _key = NewKey("key-1");

    private ProviderStub(WebApplication app)
    {
        _app = app;
        app.Run(AnswerAsync);
    }

    /// <summary>What the ID token says, beside what every ID token has. A test changes it as it likes.</summary>
    public JsonObject Claims { get; } = new() { ["email"] = "jane@example.com", ["email_verified"] = true };

    /// <summary>What the userinfo endpoint says; null: there is no such endpoint.</summary>
    public JsonObject? UserInfo { get; set; }

    /// <summary>Answers a path instead of the stub.</summary>
    public ConcurrentDictionary<string, RequestDelegate> Instead { get; } = new(StringComparer.Ordinal);

    /// <summary>Changes the ID token before it is signed.</summary>
    public Action<JsonObject> ChangeToken { get; set; } = static _ => { };

    /// <summary>Whether the ID token is signed.</summary>
    public bool Signs { get; set; } = true;

    /// <summary>The paths that were asked for, in their order.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>The headers and forms that came to the token endpoint.</summary>
    public ConcurrentQueue<(string? Authorization, IFormCollection Form)> TokenRequests { get; } = [];

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Not the address, as with Shopify.</summary>
    public string Issuer { get; set; } = "https://issuer.example.com/shops/1";

    /// <summary>The nonce that the next ID token has: that of the request that a test has made last.</summary>
    public string? Nonce { get; set; }

    public (string Key, string Value)[] Settings =>
    [
        ("LoginLinks:AllowUnsigned", "false"),
        ("SignIn:MetadataAddress", new Uri(Address, "/.well-known/openid-configuration").AbsoluteUri),
        ("SignIn:Issuer", "https://issuer.example.com/shops/1"),
        ("SignIn:ClientId", ClientId),
        ("SignIn:ClientSecret", ClientSecret),
    ];

    public static async Task<ProviderStub> StartAsync()
    {
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var stub = new ProviderStub(builder.Build());
        await stub._app.StartAsync();
        return stub;
    }

    /// <summary>Takes the signing key away and puts another in its place.</summary>
    public void RotateKey() => _key = NewKey("key-2");

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static RsaSecurityKey NewKey(string id) => new(RSA.Create(2048)) { KeyId = id };

    private async Task AnswerAsync(HttpContext context)
    {
        var path = context.Request.Path.Value!;
        Requests.Enqueue(path);
        if (Instead.TryGetValue(path, out var answer))
        {
            await answer(context);
            return;
        }

        switch (path)
        {
            case "/.well-known/openid-configuration":
                await context.Response.WriteAsJsonAsync(Metadata());
                break;
            case "/keys":
                var key = JsonWebKeyConverter.ConvertFromRSASecurityKey(new RsaSecurityKey(_key.Rsa.ExportParameters(includePrivateParameters: false)) { KeyId = _key.KeyId });
                await context.Response.WriteAsJsonAsync(new { keys = new[] { new { kty = key.Kty, kid = key.Kid, n = key.N, e = key.E, use = "sig", alg = "RS256" } } });
                break;
            case "/token":
                TokenRequests.Enqueue((context.Request.Headers.Authorization, await context.Request.ReadFormAsync()));
                await context.Response.WriteAsJsonAsync(new { access_token = "stub-access-token", token_type = "Bearer", expires_in = 3600, id_token = IdToken() });
                break;
            case "/userinfo" when UserInfo is not null:
                await context.Response.WriteAsJsonAsync(UserInfo);
                break;
            default:
                context.Response.StatusCode = StatusCodes.Status404NotFound;
                break;
        }
    }

    private Dictionary<string, object> Metadata()
    {
        var metadata = new Dictionary<string, object>(StringComparer.Ordinal)
        {
            ["issuer"] = Issuer,
            ["authorization_endpoint"] = new Uri(Address, "/authorize"),
            ["token_endpoint"] = new Uri(Address, "/token"),
            ["jwks_uri"] = new Uri(Address, "/keys"),
            ["response_types_supported"] = new[] { "code" },
            ["subject_types_supported"] = new[] { "public" },
            ["id_token_signing_alg_values_supported"] = new[] { "RS256" },
        };
        if (UserInfo is not null)
        {
            metadata["userinfo_endpoint"] = new Uri(Address, "/userinfo");
        }

        return metadata;
    }

    private string IdToken()
    {
        var now = TimeProvider.System.GetUtcNow();
        var token = (JsonObject)Claims.DeepClone();
        token["iss"] = Issuer;
        token["aud"] = ClientId;
        token["sub"] = "customer-1";
        token["nonce"] = Nonce;
        token["iat"] = now.ToUnixTimeSeconds();
        token["exp"] = now.AddMinutes(5).ToUnixTimeSeconds();
        ChangeToken(token);
        var handler = new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false };
        return Signs ? handler.CreateToken(token.ToJsonString(), new SigningCredentials(_key, SecurityAlgorithms.RsaSha256)) : handler.CreateToken(token.ToJsonString());
    }
}
