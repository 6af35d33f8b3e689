using System.Collections.Concurrent;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.IdentityModel.JsonWebTokens;
using Microsoft.IdentityModel.Tokens;

namespace Firmhouse.Testing;

/// <summary>
/// An OpenID provider in this process, whose every answer a test can corrupt. Like some firewalls, it refuses programs that do not
/// name themselves. Browsers choose one of its <see cref="Accounts"/>; a test that has none comes back by itself, with <see cref="Code"/>.
/// </summary>
internal sealed class ProviderStub : IAsyncDisposable
{
    public const string ClientId = "shop", ClientSecret = "provider-secret:/+not-for-production", Code = "stub-code";

    private const string MetadataPath = "/.well-known/openid-configuration", AccountCookie = "stub-account";

    private readonly WebApplication _app;
    private readonly ConcurrentDictionary<string, IQueryCollection> _interactions = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, Grant> _grants = new(StringComparer.Ordinal);

    private ProviderStub(WebApplication app)
    {
        _app = app;
        app.Run(AnswerAsync);
    }

    /// <summary>What the ID token says, beside what every ID token has. A test changes it as it likes.</summary>
    public JsonObject Claims { get; } = new() { ["email"] = "jane@example.com", ["email_verified"] = true };

    /// <summary>Who can sign in in a browser, each with further claims.</summary>
    public Dictionary<string, JsonObject> Accounts { get; } = new(StringComparer.Ordinal);

    /// <summary>What the userinfo endpoint says; null: there is no such endpoint.</summary>
    public JsonObject? UserInfo { get; set; }

    /// <summary>Answers a path instead of the stub.</summary>
    public ConcurrentDictionary<string, RequestDelegate> Instead { get; } = new(StringComparer.Ordinal);

    /// <summary>Changes the metadata.</summary>
    public Action<JsonObject> ChangeMetadata { get; set; } = static _ => { };

    /// <summary>Changes the ID token before it is signed.</summary>
    public Action<JsonObject> ChangeToken { get; set; } = static _ => { };

    /// <summary>What the ID token is signed by. The public part of an asymmetric key is published.</summary>
    public SecurityKey Key { get; set; } = NewKey("key-1");

    public string Algorithm { get; set; } = SecurityAlgorithms.RsaSha256;

    /// <summary>The algorithm that an ID token names which is not signed; null: it is.</summary>
    public string? Unsigned { get; set; }

    /// <summary>The paths that were asked for, in their order.</summary>
    public ConcurrentQueue<string> Requests { get; } = [];

    /// <summary>Who asked, for each path.</summary>
    public ConcurrentQueue<(string Path, string UserAgent)> UserAgents { get; } = [];

    /// <summary>The headers and forms that came to the token endpoint.</summary>
    public ConcurrentQueue<(string? Authorization, IFormCollection Form)> TokenRequests { get; } = [];

    public Uri Address => new(_app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());

    /// <summary>Not the address, as with Shopify.</summary>
    public string Issuer { get; set; } = "https://issuer.example.com/shops/1";

    /// <summary>The nonce of an ID token for <see cref="Code"/>: that of the request that a test has made last.</summary>
    public string? Nonce { get; set; }

    public (string Key, string Value)[] Settings =>
    [
        ("LoginLinks:AllowUnsigned", "false"),
        ("SignIn:MetadataAddress", new Uri(Address, MetadataPath).AbsoluteUri),
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
    public void RotateKey() => Key = NewKey("key-2");

    /// <summary>Answers a path with this, again and again.</summary>
    public void Answer(string path, int status, string body = "", string contentType = "application/json", string? location = null) => Instead[path] = context =>
    {
        context.Response.StatusCode = status;
        context.Response.ContentType = contentType;
        context.Response.Headers.Location = location;
        return context.Response.WriteAsync(body);
    };

    public async ValueTask DisposeAsync() => await _app.DisposeAsync();

    private static RsaSecurityKey NewKey(string id) => new(RSA.Create(2048)) { KeyId = id };

    private async Task AnswerAsync(HttpContext context)
    {
        var (request, response, path) = (context.Request, context.Response, context.Request.Path.Value!);
        Requests.Enqueue(path);
        UserAgents.Enqueue((path, request.Headers.UserAgent.ToString()));
        if (Instead.TryGetValue(path, out var answer))
        {
            await answer(context);
        }
        else if (path == "/authorize")
        {
            Authorize(context, request.Query, request.Cookies[AccountCookie]);
        }
        else if (path.StartsWith("/interaction/", StringComparison.Ordinal))
        {
            response.Cookies.Append(AccountCookie, request.Query["as"].ToString());
            Authorize(context, _interactions[path], request.Query["as"]);
        }
        else if (request.Headers.UserAgent.Count == 0)
        {
            response.StatusCode = StatusCodes.Status403Forbidden;
        }
        else if (path == MetadataPath)
        {
            await response.WriteAsJsonAsync(Metadata());
        }
        else if (path == "/keys")
        {
            await response.WriteAsJsonAsync(new { keys = new[] { PublicKey() } });
        }
        else if (path == "/token")
        {
            var form = await request.ReadFormAsync();
            TokenRequests.Enqueue((request.Headers.Authorization, form));
            await RedeemAsync(response, form);
        }
        else if (path == "/userinfo" && UserInfo is not null)
        {
            await response.WriteAsJsonAsync(UserInfo);
        }
        else
        {
            response.StatusCode = StatusCodes.Status404NotFound;
        }
    }

    // Without an account there is a page between, which knows the request by an address of its own.
    private void Authorize(HttpContext context, IQueryCollection request, string? account)
    {
        var answer = new Dictionary<string, string?>(StringComparer.Ordinal) { ["state"] = request["state"] };
        if (string.IsNullOrEmpty(account))
        {
            var interaction = $"/interaction/{Guid.NewGuid():N}";
            _interactions[interaction] = request;
            context.Response.Redirect(interaction);
            return;
        }

        if (Accounts.ContainsKey(account))
        {
            answer["code"] = Guid.NewGuid().ToString("N");
            _grants[answer["code"]!] = new Grant(account, request["nonce"], request["code_challenge"]!);
        }
        else
        {
            answer["error"] = "access_denied";
        }

        context.Response.Redirect(QueryHelpers.AddQueryString(request["redirect_uri"]!, answer));
    }

    private async Task RedeemAsync(HttpResponse response, IFormCollection form)
    {
        var verifier = WebEncoders.Base64UrlEncode(SHA256.HashData(Encoding.ASCII.GetBytes(form["code_verifier"].ToString())));
        var grant = form["code"] == Code ? new Grant(Account: null, Nonce, verifier) : _grants.TryRemove(form["code"].ToString(), out var known) ? known : null;
        if (grant?.Challenge != verifier)
        {
            response.StatusCode = StatusCodes.Status400BadRequest;
            await response.WriteAsJsonAsync(new { error = "invalid_grant" });
            return;
        }

        await response.WriteAsJsonAsync(new { access_token = "stub-access-token", token_type = "Bearer", expires_in = 3600, id_token = IdToken(grant) });
    }

    private JsonObject Metadata()
    {
        var metadata = new JsonObject
        {
            ["issuer"] = Issuer,
            ["authorization_endpoint"] = new Uri(Address, "/authorize").AbsoluteUri,
            ["token_endpoint"] = new Uri(Address, "/token").AbsoluteUri,
            ["jwks_uri"] = new Uri(Address, "/keys").AbsoluteUri,
            ["end_session_endpoint"] = new Uri(Address, "/session/end").AbsoluteUri,
            ["response_types_supported"] = new JsonArray("code"),
            ["subject_types_supported"] = new JsonArray("public"),
            ["id_token_signing_alg_values_supported"] = new JsonArray(Algorithm),
        };
        if (UserInfo is not null)
        {
            metadata["userinfo_endpoint"] = new Uri(Address, "/userinfo").AbsoluteUri;
        }

        ChangeMetadata(metadata);
        return metadata;
    }

    private Dictionary<string, string> PublicKey()
    {
        var key = Key switch
        {
            RsaSecurityKey rsa => JsonWebKeyConverter.ConvertFromRSASecurityKey(rsa),
            ECDsaSecurityKey curve => JsonWebKeyConverter.ConvertFromECDsaSecurityKey(curve),
            _ => JsonWebKeyConverter.ConvertFromRSASecurityKey(NewKey("another")),
        };
        return new (string Name, string? Value)[] { ("kty", key.Kty), ("kid", key.Kid), ("use", "sig"), ("n", key.N), ("e", key.E), ("crv", key.Crv), ("x", key.X), ("y", key.Y) }
            .Where(part => part.Value is not null).ToDictionary(part => part.Name, part => part.Value!, StringComparer.Ordinal);
    }

    private string IdToken(Grant grant)
    {
        var now = TimeProvider.System.GetUtcNow();
        var token = (JsonObject)Claims.DeepClone();
        foreach (var (name, value) in grant.Account is null ? [] : Accounts[grant.Account])
        {
            token[name] = value?.DeepClone();
        }

        token["iss"] = Issuer;
        token["aud"] = ClientId;
        token["sub"] = grant.Account ?? "customer-1";
        token["nonce"] = grant.Nonce;
        token["iat"] = now.ToUnixTimeSeconds();
        token["exp"] = now.AddMinutes(5).ToUnixTimeSeconds();
        ChangeToken(token);
        return Unsigned is not null ? Assemble(Unsigned, signature: [])
            : Algorithm == "EdDSA" ? Assemble(Algorithm, new byte[64])
            : new JsonWebTokenHandler { SetDefaultTimesOnTokenCreation = false }.CreateToken(token.ToJsonString(), new SigningCredentials(Key, Algorithm));

        string Assemble(string algorithm, byte[] signature) =>
            $"{Base64UrlEncoder.Encode($$"""{"alg":"{{algorithm}}"}""")}.{Base64UrlEncoder.Encode(token.ToJsonString())}.{Base64UrlEncoder.Encode(signature)}";
    }

    /// <summary>What a code stands for.</summary>
    private sealed record Grant(string? Account, string? Nonce, string Challenge);
}
