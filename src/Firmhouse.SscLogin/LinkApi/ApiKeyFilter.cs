using System.Security.Cryptography;
using System.Text;
using Firmhouse.Client;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.LinkApi;

/// <summary>The caller that a request's bearer key belongs to: a feature of the request behind <see cref="ApiKeyFilter"/>.</summary>
/// <param name="Name">The key's name in <c>Api:Keys</c>.</param>
/// <param name="Kid">The signing key that this caller's links are signed with.</param>
internal sealed record ApiCaller(string Name, string Kid);

/// <summary>
/// Admits callers with a valid bearer key (RFC 6750 §2.1), each within its own limit. Every refusal is counted, and logged
/// with the keyed hash of the client's address; like every Warning, that line is written only so often in a minute.
/// </summary>
internal sealed partial class ApiKeyFilter(
    IOptionsMonitor<ApiOptions> options, RateLimits limits, LogPseudonym pseudonym, AppMetrics metrics, ILogger<ApiKeyFilter> logger) : IEndpointFilter
{
    private const string Scheme = "Bearer ";

    /// <inheritdoc />
    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var request = context.HttpContext;
        if (CallerOf(request.Request) is not { } caller)
        {
            metrics.Refused("api-key");
            LogRefused(pseudonym.Of(ClientNetwork.Normalize(request.Connection.RemoteIpAddress).ToString()));
            request.Response.Headers.WWWAuthenticate = "Bearer";
            return OutcomeWriter.Problem(request, "unauthorized", StatusCodes.Status401Unauthorized, "An API key is required: Authorization: Bearer <key>.");
        }

        if (limits.TryApiKey(caller.Name) is { } wait)
        {
            return OutcomeWriter.RateLimited(request, wait);
        }

        request.Features.Set(caller);
        return await next(context);
    }

    /// <summary>Identifies the caller. Compares the whole key with every known one, so that timing reveals neither how much of it is right nor which it is.</summary>
    private ApiCaller? CallerOf(HttpRequest request)
    {
        if (request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var given = SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim()));
        ApiCaller? caller = null;
        foreach (var (name, key) in options.CurrentValue.Keys)
        {
            if (CryptographicOperations.FixedTimeEquals(given, SHA256.HashData(Encoding.UTF8.GetBytes(key.Secret))))
            {
                caller = new ApiCaller(name, key.Kid);
            }
        }

        return caller;
    }

    [LoggerMessage(401, LogLevel.Warning, "Refused a request to the API without a valid key, client {ClientHash}")]
    private partial void LogRefused(string clientHash);
}
