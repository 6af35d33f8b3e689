using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text.Json;
using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.Options;

namespace Firmhouse.Client;

/// <summary>
/// Stands below the typed client, around one attempt: adds what every request carries, and lets nothing up but what its
/// status and its media type declare to be a GraphQL answer. Everything else becomes a <see cref="FirmhouseException"/>.
/// </summary>
internal sealed class FirmhouseHandler(IOptionsMonitor<FirmhouseOptions> options, FirmhouseMetrics metrics, TimeProvider time) : DelegatingHandler
{
    /// <summary>A login token's answer has some 500 bytes.</summary>
    private const int MaxLength = 1024 * 1024;

    /// <summary>This service's name and version, so that Firmhouse can see who calls. The two client implementations would send different ones, or none.</summary>
    public static readonly ProductInfoHeaderValue UserAgent = new(AppMetrics.Name, TelemetryServices.Version);

    protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        metrics.Attempt();
        Prepare(request);
        try
        {
            var response = await base.SendAsync(request, cancellationToken);
            try
            {
                // Here and not by the client, so that the time limit covers the body, and a reset halfway is a failure like any other.
                if (IsJson(response.Content) && await TryLoadAsync(response.Content, cancellationToken))
                {
                    return response.IsSuccessStatusCode ? response : ReadFailure(response, await response.Content.ReadAsByteArrayAsync(cancellationToken));
                }

                throw FailureOf(response, hasErrors: false);
            }
            catch
            {
                response.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or SocketException or ObjectDisposedException or (HttpRequestException and not FirmhouseException))
        {
            // SocketsHttpHandler passes on the socket's own exception when a connection is reset before its first use.
            throw new FirmhouseException(FirmhouseFailure.Unavailable, "The connection failed.", inner: exception);
        }
        catch (OperationCanceledException exception) when (exception.InnerException is TimeoutException && !cancellationToken.IsCancellationRequested)
        {
            // SocketsHttpHandler.ConnectTimeout, which surfaces as a cancellation. Nothing was sent, as after a refusal.
            throw new FirmhouseException(
                FirmhouseFailure.Unavailable, "No connection in time.", inner: new HttpRequestException(HttpRequestError.ConnectionError, inner: exception));
        }
    }

    private void Prepare(HttpRequestMessage request)
    {
        // Of one snapshot: no token goes to an endpoint that it was not given for.
        var settings = options.CurrentValue;
        request.RequestUri = settings.EndpointUrl;
        request.Headers.TryAddWithoutValidation("X-Project-Access-Token", settings.AccessToken);

        // HTTP/2 if the server offers it: its pings keep the connection warm between two customers.
        request.Version = HttpVersion.Version20;
        request.VersionPolicy = HttpVersionPolicy.RequestVersionOrLower;

        // What the package would accept besides, such as an event stream, is no answer here.
        request.Headers.Remove("Accept");
        request.Headers.TryAddWithoutValidation("Accept", "application/graphql-response+json, application/json");
        request.Headers.UserAgent.Clear();
        request.Headers.UserAgent.Add(UserAgent);
    }

    private static bool IsJson(HttpContent content) =>
        content.Headers.ContentType?.MediaType is { } type
        && (type.Equals("application/json", StringComparison.OrdinalIgnoreCase) || type.Equals("application/graphql-response+json", StringComparison.OrdinalIgnoreCase));

    private static async Task<bool> TryLoadAsync(HttpContent content, CancellationToken cancellationToken)
    {
        try
        {
            await content.LoadIntoBufferAsync(MaxLength, cancellationToken);
            return true;
        }
        catch (HttpRequestException exception) when (exception.HttpRequestError == HttpRequestError.ConfigurationLimitExceeded)
        {
            return false;
        }
    }

    /// <summary>
    /// Lets an answer up that is about the customer, whatever its status: the body is what matters (GraphQL over HTTP, §6.4.2).
    /// As a success, since the package would not read it otherwise.
    /// </summary>
    private HttpResponseMessage ReadFailure(HttpResponseMessage response, byte[] body)
    {
        var (hasErrors, isAboutTheCustomer) = ReadErrors(body);
        if (!isAboutTheCustomer || response.StatusCode is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests)
        {
            throw FailureOf(response, hasErrors);
        }

        response.StatusCode = HttpStatusCode.OK;
        return response;
    }

    private static (bool HasErrors, bool AreAboutTheCustomer) ReadErrors(byte[] body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("errors", out var errors)
                && errors.ValueKind == JsonValueKind.Array
                    ? (true, errors.EnumerateArray().Any(IsAboutTheCustomer))
                    : (false, false);
        }
        catch (JsonException)
        {
            return (false, false);
        }
    }

    private static bool IsAboutTheCustomer(JsonElement error) =>
        error.ValueKind == JsonValueKind.Object
        && error.TryGetProperty("extensions", out var extensions)
        && extensions.ValueKind == JsonValueKind.Object
        && ((extensions.TryGetProperty("code", out var code) && code.ValueKind == JsonValueKind.String && code.ValueEquals(LoginTokens.RecordNotFound))
            || (extensions.TryGetProperty("problems", out var problems) && problems.ValueKind == JsonValueKind.Array));

    private FirmhouseException FailureOf(HttpResponseMessage response, bool hasErrors) => response.StatusCode switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden =>
            new(FirmhouseFailure.AccessTokenRejected, "The access token was rejected.", response.StatusCode),

        // A GraphQL server answers so to an operation that does not fit its schema (GraphQL over HTTP, §6.4).
        HttpStatusCode.BadRequest or HttpStatusCode.UnprocessableEntity when hasErrors =>
            new(FirmhouseFailure.SchemaMismatch, "The operation was rejected.", response.StatusCode),

        _ => new(FirmhouseFailure.Unavailable, "The answer is not GraphQL.", response.StatusCode, RetryAfterOf(response)),
    };

    private TimeSpan? RetryAfterOf(HttpResponseMessage response)
    {
        var header = response.Headers.RetryAfter;
        var wait = header?.Delta ?? (header?.Date - time.GetUtcNow());
        return wait > TimeSpan.Zero ? wait : null;
    }
}
