using System.Text.Json.Serialization;
using System.Xml;
using Firmhouse.Client;
using Firmhouse.Hosting.Settings;
using Firmhouse.LoginLinks;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.AspNetCore.Mvc;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.LinkApi;

/// <summary><c>POST /api/login-links</c>. Whoever holds a bearer key can log in as any customer, as with a signing key.</summary>
internal sealed partial class MintEndpoint(IOptionsMonitor<LoginLinkOptions> links, LogPseudonym pseudonym, TimeProvider time, ILogger<MintEndpoint> logger)
{
    private const int MaxEmails = 1000;

    // In bytes: that many addresses of the greatest length, with four bytes of UTF-8 for each character.
    private const int LargestBody = 1024 * 1024 + 64 * 1024;

    private const string Invalid = "The body must be an object with \"emails\", a list of at least one string, and optionally \"validFor\", a string.";
    private static readonly string TooLarge = $"At most {MaxEmails} addresses at a time.";

    public static void Map(IEndpointRouteBuilder api) =>
        api.MapPost("/api/login-links", static (HttpContext context, MintEndpoint endpoint) => endpoint.MintAsync(context)).WithMetadata(new RequestSizeLimitAttribute(LargestBody));

    private async Task<Results<JsonHttpResult<MintedLinks>, ProblemHttpResult>> MintAsync(HttpContext context)
    {
        var caller = context.Features.GetRequiredFeature<ApiCaller>();
        if (!links.CurrentValue.Keyring.TryGetValue(caller.Kid, out var signingKey) || signingKey.HasExpired(time.GetUtcNow()))
        {
            return OutcomeWriter.Problem(context, "forbidden", StatusCodes.Status403Forbidden, "The signing key of this API key has expired or been removed.");
        }

        var (body, problem) = await JsonBody.ReadAsync(context, LinkApiJson.Default.MintRequest, Invalid, TooLarge);
        if (problem is not null)
        {
            return problem;
        }

        if (body?.Emails is not { Count: > 0 } emails)
        {
            return JsonBody.Invalid(context, Invalid);
        }

        if (emails.Count > MaxEmails)
        {
            return JsonBody.TooLarge(context, TooLarge);
        }

        var lifetime = signingKey.MaxLifetime;
        if (body.ValidFor is { } text && !(Duration.TryParse(text, out lifetime) && lifetime > TimeSpan.Zero && lifetime <= signingKey.MaxLifetime))
        {
            return JsonBody.Invalid(context, $"validFor must be an ISO 8601 duration such as P7D, and at most {XmlConvert.ToString(signingKey.MaxLifetime)}.");
        }

        // Links carry whole seconds.
        var expiresAt = DateTimeOffset.FromUnixTimeSeconds(signingKey.ExpiryOf(time.GetUtcNow(), lifetime).ToUnixTimeSeconds());
        var signer = new LoginLinkSigner(links.CurrentValue.PublicUrl, signingKey);
        MintedLink[] minted = [.. emails.Select(email => Mint(signer, email, expiresAt))];
        Log(minted, caller);
        return TypedResults.Json(new MintedLinks(minted), LinkApiJson.Default.MintedLinks);
    }

    // Not trimmed: that would be another address than the caller asked for.
    private static MintedLink Mint(LoginLinkSigner signer, string? email, DateTimeOffset expiresAt) => EmailAddress.TryParse(email, out var address)
        ? new MintedLink(email, signer.Sign(address, expiresAt), expiresAt)
        : new MintedLink(email, Error: "invalid-email");

    private void Log(MintedLink[] minted, ApiCaller caller)
    {
        string[] signed = [.. minted.Where(link => link.Error is null).Select(link => link.Email!)];
        LogMinted(signed.Length, minted.Length, caller.Name, caller.Kid);
        if (logger.IsEnabled(LogLevel.Debug))
        {
            LogMintedFor(caller.Name, string.Join(' ', signed.Select(pseudonym.Of)));
        }
    }

    [LoggerMessage(400, LogLevel.Information, "Minted {Signed} links for {Count} addresses, API key {ApiKey}, signed with {Key}")]
    private partial void LogMinted(int signed, int count, string apiKey, string key);

    // Bounded: at most a thousand hashes for each request, and a key's requests are limited.
    [LoggerMessage(402, LogLevel.Debug, "API key {ApiKey} minted for the addresses {AddressHashes}", SkipEnabledCheck = true)]
    private partial void LogMintedFor(string apiKey, string addressHashes);
}

/// <param name="Emails">The addresses, at most 1,000.</param>
/// <param name="ValidFor">How long the links live, as an ISO 8601 duration. Default: as long as the signing key allows.</param>
internal sealed record MintRequest(IReadOnlyList<string?>? Emails, string? ValidFor = null);

/// <param name="Links">One for each address, in the same order.</param>
internal sealed record MintedLinks(IReadOnlyList<MintedLink> Links);

/// <param name="Email">The address as it was given.</param>
/// <param name="Url">The link; null for an invalid address.</param>
/// <param name="ExpiresAt">UTC; null for an invalid address.</param>
/// <param name="Error"><c>invalid-email</c> for what is not an address, else null.</param>
internal sealed record MintedLink([property: JsonIgnore(Condition = JsonIgnoreCondition.Never)] string? Email, string? Url = null, DateTimeOffset? ExpiresAt = null, string? Error = null);
