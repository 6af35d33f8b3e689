using System.ComponentModel;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using Firmhouse.SscLogin.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>Mints links for programs: <c>POST /api/login-links</c>. Whoever holds a bearer key can log in as any customer, as with a signing key.</summary>
internal sealed partial class LoginLinkApi(
    IOptionsMonitor<ApiOptions> options, IOptionsMonitor<LoginLinkOptions> links, RateLimits limits, TimeProvider time, ILogger<LoginLinkApi> logger)
{
    /// <summary>The most addresses in one request.</summary>
    public const int MostEmails = 1000;

    // A thousand addresses of the greatest length, every character four bytes of UTF-8.
    private const int LargestBody = 1024 * 1024 + 64 * 1024;

    /// <summary>Mints signed login links.</summary>
    public async Task<Results<Ok<MintedLinks>, ProblemHttpResult>> MintAsync(HttpContext context)
    {
        if (CallerOf(context.Request) is not { } caller)
        {
            context.Response.Headers.WWWAuthenticate = "Bearer";
            return Problems.Create(context, "unauthorized", StatusCodes.Status401Unauthorized, "This needs a key: Authorization: Bearer <key>.");
        }

        if (await limits.TryApiKeyAsync(context, caller.Name) is { } wait)
        {
            return Problems.RateLimited(context, wait);
        }

        if (!links.CurrentValue.Keys.TryGetValue(caller.Key.Kid, out var signingKey) || signingKey.HasEnded(time.GetUtcNow()))
        {
            return Problems.Create(context, "forbidden", StatusCodes.Status403Forbidden, "The signing key of this API key has ended.");
        }

        var (body, problem) = await ReadAsync(context);
        if (problem is not null)
        {
            return problem;
        }

        var lifetime = signingKey.MaxLifetime;
        if (body!.ValidFor is { } text && !(LinkLifetime.TryParse(text, out lifetime) && lifetime <= signingKey.MaxLifetime))
        {
            return Problems.Create(
                context, "validation-failed", StatusCodes.Status422UnprocessableEntity, $"validFor must be an ISO 8601 duration such as P7D, and at most {System.Xml.XmlConvert.ToString(signingKey.MaxLifetime)}.");
        }

        // Links carry whole seconds.
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds(signingKey.ExpiryOf(time.GetUtcNow(), lifetime).ToUnixTimeSeconds());
        var signer = new LoginLinkSigner(links.CurrentValue.PublicUrl, caller.Key.Kid, signingKey);
        var minted = body.Emails!.Select(email => EmailAddress.TryParse(email, out var address)
            ? new MintedLink(email, signer.Sign(address, expiresAt), expiresAt)
            : new MintedLink(email, Error: "invalid-email")).ToArray();
        LogMinted(minted.Count(link => link.Error is null), minted.Length, caller.Name, caller.Key.Kid);
        return TypedResults.Ok(new MintedLinks(minted));
    }

    private static async Task<(MintRequest? Body, ProblemHttpResult? Problem)> ReadAsync(HttpContext context)
    {
        if (!context.Request.HasJsonContentType())
        {
            return (null, Problems.Create(context, "unsupported-media-type", StatusCodes.Status415UnsupportedMediaType, "The body must be application/json."));
        }

        if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } size)
        {
            size.MaxRequestBodySize = LargestBody;
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            var body = document.Deserialize<MintRequest>(JsonSerializerOptions.Web);
            if (body?.Emails is null or [])
            {
                return (null, Invalid());
            }

            return body.Emails.Count <= MostEmails ? (body, null) : (null, TooLarge());
        }
        catch (JsonException exception)
        {
            // Where nothing was expected at a path, the text is no JSON at all.
            return (null, exception.Path is null
                ? Problems.Create(context, "bad-request", StatusCodes.Status400BadRequest, "The body is not JSON.")
                : Invalid());
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, TooLarge());
        }

        ProblemHttpResult Invalid() => Problems.Create(
            context, "validation-failed", StatusCodes.Status422UnprocessableEntity, "The body must be an object with \"emails\", a list of at least one text, and perhaps \"validFor\", a text.");

        ProblemHttpResult TooLarge() => Problems.Create(
            context, "content-too-large", StatusCodes.Status413PayloadTooLarge, $"At most {MostEmails} addresses at a time.");
    }

    /// <summary>Finds out who calls: compares with every key, whole, so that time tells neither how much of a key is right nor which.</summary>
    private (string Name, ApiKeySettings Key)? CallerOf(HttpRequest request)
    {
        const string Scheme = "Bearer ";
        if (request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var given = SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim()));
        (string, ApiKeySettings)? caller = null;
        foreach (var (name, key) in options.CurrentValue.Keys)
        {
            if (CryptographicOperations.FixedTimeEquals(given, SHA256.HashData(Encoding.UTF8.GetBytes(key.Secret))))
            {
                caller = (name, key);
            }
        }

        return caller;
    }

    [LoggerMessage(400, LogLevel.Information, "Minted {Signed} links for {Count} addresses, API key {ApiKey}, signed with {Key}")]
    private partial void LogMinted(int signed, int count, string apiKey, string key);
}

/// <summary>What to mint.</summary>
/// <param name="Emails">The addresses, at most 1,000.</param>
/// <param name="ValidFor">How long the links live, as an ISO 8601 duration. Default: as long as the signing key allows.</param>
internal sealed record MintRequest(
    [property: Description("The customers' e-mail addresses, at most 1,000.")] IReadOnlyList<string?>? Emails,
    [property: Description("How long the links live, as an ISO 8601 duration. Default: as long as the signing key allows.")] string? ValidFor = null);

/// <summary>The links, in the order of the addresses.</summary>
/// <param name="Links">One for each address.</param>
internal sealed record MintedLinks([property: Description("One entry for each address, in the same order.")] IReadOnlyList<MintedLink> Links);

/// <summary>One link, or why there is none.</summary>
/// <param name="Email">The address as it was given.</param>
/// <param name="Url">The link; null where the address is none.</param>
/// <param name="ExpiresAt">When it ends, UTC; null where the address is none.</param>
/// <param name="Error"><c>invalid-email</c> where the address is none, else null.</param>
internal sealed record MintedLink(
    [property: Description("The address as it was given.")] string? Email,
    [property: Description("The signed link."), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Url = null,
    [property: Description("When the link ends, UTC."), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] DateTimeOffset? ExpiresAt = null,
    [property: Description("\"invalid-email\" where the address is none."), JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] string? Error = null);
