using System.Net.Security;
using System.Net.Sockets;
using System.Text.Json;
using Firmhouse.Client;
using Firmhouse.SscLogin.FirmhouseApi;
using Firmhouse.SscLogin.Observability;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;
using Npgsql;
using Serilog.Core;
using Serilog.Events;

namespace Firmhouse.SscLogin.Commands;

/// <summary>The result of a check.</summary>
internal enum CheckResult
{
    /// <summary>It works.</summary>
    Ok,

    /// <summary>It works, but an operator should know of it.</summary>
    Warning,

    /// <summary>It does not work.</summary>
    Fault,
}

/// <summary>One line of the report.</summary>
/// <param name="Result">The result.</param>
/// <param name="Subject">What was checked.</param>
/// <param name="Text">What was found, and the fix where there is one.</param>
internal sealed record OnlineCheck(CheckResult Result, string Subject, string Text);

/// <summary>
/// The part of <c>check-config --online</c> that contacts what the settings name: Firmhouse, the redirect hosts, the sign-in's
/// provider, the collector, the database. Nothing is changed anywhere: Firmhouse is asked for the login of an address
/// under <c>.invalid</c>, which nobody can have (RFC 2606 §2).
/// </summary>
/// <param name="isSupport">Whether the settings are the support desk's.</param>
internal sealed class OnlineChecks(bool isSupport)
{
    /// <summary>The name of the client that asks for everything but Firmhouse's login.</summary>
    public const string ClientName = "online-checks";

    /// <summary>The address that Firmhouse is asked about.</summary>
    public const string NobodysAddress = "unknown@check-config.invalid";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    // The service accepts links for this long after their expiry; a clock that is further off refuses valid links.
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(60);

    // What a sign-in by authorization code needs (OpenID Connect Discovery §3).
    private static readonly string[] ProviderMetadata = ["issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"];

    private readonly LastAnswer _lastAnswer = new();
    private readonly FixCollector _log = new();

    /// <summary>Where the log goes while the checks run: the service logs there what is wrong with Firmhouse's response.</summary>
    public ILogEventSink LogSink => _log;

    /// <summary>Adds what the checks need to observe the service's calls.</summary>
    /// <param name="services">The services, before those of the service are added.</param>
    public void AddTo(IServiceCollection services)
    {
        services.AddHttpClient(ClientName, static client => client.Timeout = Patience).RemoveAllLoggers().ConfigurePrimaryHttpMessageHandler(
            static () => new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, ConnectTimeout = Patience });

        // Innermost, next to the network: the handlers around it turn responses into failures.
        services.PostConfigure<HttpClientFactoryOptions>(
            FirmhouseClient.ClientName, options => options.HttpMessageHandlerBuilderActions.Add(handlers => handlers.AdditionalHandlers.Add(new AnswerWatch(_lastAnswer, handlers.Services.GetRequiredService<TimeProvider>()))));
    }

    /// <summary>Runs the checks, all at once.</summary>
    /// <param name="services">The service's, as composed.</param>
    /// <param name="cancellationToken">Stops the checks.</param>
    /// <returns>One line each, in a fixed order.</returns>
    public async Task<IReadOnlyList<OnlineCheck>> RunAsync(IServiceProvider services, CancellationToken cancellationToken)
    {
        var configuration = services.GetRequiredService<IConfiguration>();
        var firmhouse = services.GetRequiredService<IOptionsMonitor<FirmhouseOptions>>().CurrentValue;
        var http = services.GetRequiredService<IHttpClientFactory>();
        Task<IReadOnlyList<OnlineCheck>>[] checks =
        [
            CheckFirmhouseAsync(services, firmhouse, cancellationToken),
            .. firmhouse.AllowedRedirectHosts.Select(host => CheckRedirectHostAsync(http, host, cancellationToken)),
            CheckSignInAsync(http, configuration, isSupport ? "Support:SignIn" : "SignIn", cancellationToken),
            .. TelemetryVariables.EndpointVariables(configuration).Select(variable => CheckCollectorAsync(variable, configuration[variable]!, cancellationToken)),
            CheckPostgresAsync(configuration.GetConnectionString("Postgres"), isSupport ? "ssc_support.audit_version" : "ssc_login.schema_version", cancellationToken),
        ];
        return [.. (await Task.WhenAll(checks)).SelectMany(lines => lines)];
    }

    private async Task<IReadOnlyList<OnlineCheck>> CheckFirmhouseAsync(IServiceProvider services, FirmhouseOptions firmhouse, CancellationToken cancellationToken)
    {
        if (!EmailAddress.TryParse(NobodysAddress, out var nobody))
        {
            throw new InvalidOperationException();
        }

        var outcome = await services.GetRequiredService<LoginTokens>().CreateAsync(nobody, cancellationToken);
        if (_lastAnswer.Answer is not { } answer)
        {
            return [new(CheckResult.Fault, "Firmhouse", Unreachable(firmhouse.EndpointUrl, _lastAnswer.Failure, "Firmhouse:Endpoint"))];
        }

        return
        [
            new(CheckResult.Ok, "Firmhouse", $"{firmhouse.EndpointUrl.Host} answers in {answer.Elapsed.TotalMilliseconds:0} ms by HTTP/{answer.Version}."),
            ClockOf(answer),
            LoginOf(outcome, answer.Status),
        ];
    }

    private static OnlineCheck ClockOf(FirmhouseAnswer answer) => answer.Skew switch
    {
        null => new(CheckResult.Warning, "Clock", "Firmhouse's answer has no Date to compare with. Make sure that this machine's clock is set by NTP."),
        { } skew when skew.Duration() > LargestSkew => new(
            CheckResult.Warning, "Clock",
            $"this machine's clock is {skew.Duration().TotalSeconds:0} s {(skew > TimeSpan.Zero ? "ahead of" : "behind")} Firmhouse's. Set it by NTP: links end by this clock."),
        { } skew => new(CheckResult.Ok, "Clock", $"{skew.Duration().TotalSeconds:0} s from Firmhouse's."),
    };

    private OnlineCheck LoginOf(LoginOutcome outcome, int status) => outcome.Name switch
    {
        "no-subscription" or "login-refused" => new(
            CheckResult.Ok, "Login", "the access token is accepted, may make login tokens, and the schema is as this version knows it. None was made."),
        "redirected" => new(
            CheckResult.Warning, "Login", $"a login token was made for {NobodysAddress}, an address that nobody can have. Is Firmhouse:Endpoint a stand-in? Firmhouse's own is https://portal.firmhouse.com/graphql."),
        "firmhouse-misconfigured" when _log.Fix is { } fix => new(CheckResult.Fault, "Login", fix),
        "firmhouse-timeout" => new(CheckResult.Fault, "Login", "no complete answer within Firmhouse:Timeout. Try again, and see Firmhouse's status page; customers would get a 504."),
        _ => new(CheckResult.Fault, "Login", $"the answer has the status {status} and is not GraphQL that this version knows. Check that Firmhouse:Endpoint is https://portal.firmhouse.com/graphql, and that no proxy answers in its place."),
    };

    private static async Task<IReadOnlyList<OnlineCheck>> CheckRedirectHostAsync(IHttpClientFactory http, string host, CancellationToken cancellationToken)
    {
        var subject = $"Redirect host {host}";
        var url = new Uri($"https://{host}/");
        if (url.IsLoopback)
        {
            return [new(CheckResult.Ok, subject, "is this machine, so it was not asked.")];
        }

        try
        {
            using var client = http.CreateClient(ClientName);
            using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var status = (int)response.StatusCode;
            return [status < 500
                ? new(CheckResult.Ok, subject, $"answers over https, with {status}.")
                : new(CheckResult.Warning, subject, $"answers over https, but with {status}. Customers are sent there: make sure that the Self Service Center is up.")];
        }
        catch (Exception exception) when (IsUnreachable(exception, cancellationToken))
        {
            return [new(CheckResult.Fault, subject, Unreachable(url, exception, "Firmhouse:AllowedRedirectHosts"))];
        }
    }

    /// <summary>Checks the document that names the provider's endpoints (OpenID Connect Discovery §4).</summary>
    private async Task<IReadOnlyList<OnlineCheck>> CheckSignInAsync(IHttpClientFactory http, IConfiguration configuration, string section, CancellationToken cancellationToken)
    {
        const string Subject = "Sign-in";
        var authority = configuration[$"{section}:Authority"]?.Trim().TrimEnd('/');
        var issuer = configuration[$"{section}:Issuer"]?.Trim().TrimEnd('/') is { Length: > 0 } named ? named : authority;
        var address = configuration[$"{section}:MetadataAddress"]?.Trim() is { Length: > 0 } metadata ? metadata : $"{authority}/.well-known/openid-configuration";
        if (string.IsNullOrWhiteSpace(configuration[$"{section}:ClientId"]) || !Uri.TryCreate(address, UriKind.Absolute, out var url))
        {
            return [];
        }

        try
        {
            using var client = http.CreateClient(ClientName);
            using var response = await client.GetAsync(url, cancellationToken);
            if (!response.IsSuccessStatusCode)
            {
                return [new(CheckResult.Fault, Subject, $"the discovery document's address returned {(int)response.StatusCode}. Check {section}:Authority: {address} must be there.")];
            }

            using var document = await JsonDocument.ParseAsync(await response.Content.ReadAsStreamAsync(cancellationToken), cancellationToken: cancellationToken);
            string[] missing = [.. ProviderMetadata.Where(name => TextOf(document.RootElement, name) is null)];
            return [missing.Length > 0
                ? new(CheckResult.Fault, Subject, $"the discovery document has no {string.Join(", ", missing)}. Check that {section}:Authority is an OpenID provider's issuer.")
                : !string.IsNullOrEmpty(issuer) && TextOf(document.RootElement, "issuer")!.TrimEnd('/') != issuer
                    ? isSupport
                        ? new(CheckResult.Warning, Subject, $"the discovery document names another issuer than {section}:Authority. The trail names employees by that issuer: make sure that it is your provider's.")
                        : new(CheckResult.Fault, Subject, $"the discovery document names another issuer than {section}:{(issuer == authority ? "Authority" : "Issuer")}, so no token would be accepted. Set {section}:Issuer to the issuer that it names.")
                    : new(CheckResult.Ok, Subject, $"{url.Host} has a discovery document with all that is needed.")];
        }
        catch (JsonException)
        {
            return [new(CheckResult.Fault, Subject, $"what is at {address} is not JSON. Check {section}:Authority.")];
        }
        catch (Exception exception) when (IsUnreachable(exception, cancellationToken))
        {
            return [new(CheckResult.Fault, Subject, Unreachable(url, exception, $"{section}:Authority"))];
        }
    }

    private static string? TextOf(JsonElement document, string name) =>
        document.ValueKind == JsonValueKind.Object && document.TryGetProperty(name, out var value) && value.ValueKind == JsonValueKind.String ? value.GetString() : null;

    // Checks only whether something listens: a collector would store whatever is sent.
    private static async Task<IReadOnlyList<OnlineCheck>> CheckCollectorAsync(string variable, string endpoint, CancellationToken cancellationToken)
    {
        const string Subject = "Telemetry";
        if (!Uri.TryCreate(endpoint, UriKind.Absolute, out var url) || url.Host.Length == 0)
        {
            return [];
        }

        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Patience);
            using var connection = new TcpClient();
            await connection.ConnectAsync(url.IdnHost, url.Port, patience.Token);
            if (url.Scheme == Uri.UriSchemeHttps)
            {
                await using var tls = new SslStream(connection.GetStream());
                await tls.AuthenticateAsClientAsync(new SslClientAuthenticationOptions { TargetHost = url.IdnHost }, patience.Token);
            }

            return [new(CheckResult.Ok, Subject, $"{url.Authority} takes connections.")];
        }
        catch (Exception exception) when (IsUnreachable(exception, cancellationToken))
        {
            return [new(CheckResult.Fault, Subject, Unreachable(url, exception, variable))];
        }
    }

    private async Task<IReadOnlyList<OnlineCheck>> CheckPostgresAsync(string? connectionString, string table, CancellationToken cancellationToken)
    {
        const string Subject = "PostgreSQL";
        if (string.IsNullOrWhiteSpace(connectionString))
        {
            return [];
        }

        try
        {
            var settings = new NpgsqlConnectionStringBuilder(connectionString) { Timeout = (int)Patience.TotalSeconds, CommandTimeout = (int)Patience.TotalSeconds, Pooling = false };
            await using var connection = new NpgsqlConnection(settings.ConnectionString);
            await connection.OpenAsync(cancellationToken);
            await using var schema = new NpgsqlCommand("SELECT to_regclass($1) IS NOT NULL", connection) { Parameters = { new() { Value = table } } };
            var name = table.Split('.')[0];
            return [await schema.ExecuteScalarAsync(cancellationToken) is true
                ? new(CheckResult.Ok, Subject, $"{settings.Host} is reachable and has the schema {name}.")
                : new(CheckResult.Warning, Subject, $"{settings.Host} is reachable but has no schema {name} yet. The {(isSupport ? "desk" : "service")} creates it at start if its role is allowed to.")];
        }
        catch (Exception exception) when (exception is not OperationCanceledException || IsTimeout(exception, cancellationToken))
        {
            // Whatever the driver throws: files, platforms. A server error has a code without secrets; other messages may quote the connection string.
            var cause = exception is PostgresException { SqlState: { } code } ? $"refuses ({code})" : "cannot be reached";
            return [new(CheckResult.Fault, Subject, $"the database {cause}. Check ConnectionStrings:Postgres, that the database is up and lets this machine in, and the role's password and rights.")];
        }
    }

    // SocketsHttpHandler passes on the socket's own exception when a connection is reset before its first use.
    private static bool IsUnreachable(Exception exception, CancellationToken cancellationToken) =>
        exception is HttpRequestException or IOException or SocketException or System.Security.Authentication.AuthenticationException || IsTimeout(exception, cancellationToken);

    private static bool IsTimeout(Exception exception, CancellationToken cancellationToken) =>
        exception is TimeoutException || (exception is OperationCanceledException && !cancellationToken.IsCancellationRequested);

    private static string Unreachable(Uri url, Exception? exception, string setting)
    {
        var cause = exception?.GetBaseException();
        return (exception as HttpRequestException)?.HttpRequestError switch
        {
            HttpRequestError.NameResolutionError => UnknownName(url, setting),
            HttpRequestError.SecureConnectionError => Untrusted(url),
            HttpRequestError.ProxyTunnelError => $"the egress proxy does not let {url.Host} through. Allow it there, or set NO_PROXY.",
            _ when cause is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData or SocketError.TryAgain } => UnknownName(url, setting),
            _ when cause is System.Security.Authentication.AuthenticationException => Untrusted(url),
            _ when cause is SocketException { SocketErrorCode: SocketError.ConnectionRefused } => $"nothing listens at {url.Host}:{url.Port}. Check {setting}.",
            _ => $"no answer from {url.Host}:{url.Port} within its time. Check {setting}, and that a firewall or egress proxy lets this machine reach it.",
        };
    }

    private static string UnknownName(Uri url, string setting) => $"DNS has no address for {url.Host}. Check {setting}, and this machine's DNS.";

    private static string Untrusted(Uri url) => $"the certificate of {url.Host} is not trusted. Check this machine's clock and root certificates, and whether a proxy opens TLS on the way.";

    /// <summary>Firmhouse's response to one attempt.</summary>
    private sealed record FirmhouseAnswer(int Status, Version Version, TimeSpan Elapsed, TimeSpan? Skew);

    /// <summary>The result of the last attempt: a response, or why there was none.</summary>
    private sealed class LastAnswer
    {
        public FirmhouseAnswer? Answer { get; set; }

        public Exception? Failure { get; set; }
    }

    /// <summary>Observes each attempt without changing it.</summary>
    private sealed class AnswerWatch(LastAnswer last, TimeProvider time) : DelegatingHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var start = time.GetTimestamp();
            try
            {
                var response = await base.SendAsync(request, cancellationToken);
                last.Answer = new FirmhouseAnswer((int)response.StatusCode, response.Version, time.GetElapsedTime(start), time.GetUtcNow() - response.Headers.Date);
                return response;
            }
            catch (Exception exception)
            {
                last.Failure = exception;
                throw;
            }
        }
    }

    /// <summary>Keeps the last fix that was logged for the operator.</summary>
    private sealed class FixCollector : ILogEventSink
    {
        public string? Fix { get; private set; }

        public void Emit(LogEvent logEvent)
        {
            if (logEvent.Level >= LogEventLevel.Error && logEvent.Properties.GetValueOrDefault("Fix") is ScalarValue { Value: string fix })
            {
                Fix = fix;
            }
        }
    }
}
