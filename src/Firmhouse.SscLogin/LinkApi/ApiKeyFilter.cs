using System.Security.Cryptography;
using System.Text;
using Firmhouse.Client;
using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.LinkApi;

/// <summary>
/// Admits callers with a valid bearer key (RFC 6750 §2.1), each within its own limit; the <see cref="ApiCaller"/> is then a feature
/// of the request. Every refusal is counted, and logged with the keyed hash of the client's address.
/// </summary>
internal sealed partial class ApiKeyFilter(
    IOptionsMonitor<ApiOptions> options, RateLimits limits, LogPseudonym pseudonym, AppMetrics metrics, ILogger<ApiKeyFilter> logger) : IEndpointFilter
{
    private const string Scheme = "Bearer ";

    public async ValueTask<object?> InvokeAsync(EndpointFilterInvocationContext context, EndpointFilterDelegate next)
    {
        var callers = options.CurrentValue.Callers;
        if (callers.Count == 0)
        {
            return TypedResults.NotFound();
        }

        var request = context.HttpContext;
        if (CallerOf(request.Request, callers) is not { } caller)
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

    // Compares the whole key with every known one, so that timing reveals neither how much of it is right nor which it is.
    private static ApiCaller? CallerOf(HttpRequest request, IReadOnlyList<ApiCaller> callers)
    {
        if (request.Headers.Authorization is not [{ } header] || !header.StartsWith(Scheme, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        var given = SHA256.HashData(Encoding.UTF8.GetBytes(header[Scheme.Length..].Trim()));
        ApiCaller? caller = null;
        foreach (var known in callers)
        {
            if (CryptographicOperations.FixedTimeEquals(given, known.SecretHash))
            {
                caller = known;
            }
        }

        return caller;
    }

    [LoggerMessage(401, LogLevel.Warning, "Refused a request to the API without a valid key, client {ClientHash}")]
    private partial void LogRefused(string clientHash);
}
