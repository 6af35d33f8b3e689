using Firmhouse.Hosting.Commands;
using Firmhouse.LoginLinks;
using Microsoft.Extensions.Http;
using Microsoft.Extensions.Options;

namespace Firmhouse.Client;

/// <summary>
/// Checks Firmhouse and the redirect hosts: Firmhouse is asked for the login of an address under <c>.invalid</c>, which nobody
/// can have (RFC 2606 §2).
/// </summary>
internal sealed class FirmhouseChecks(LoginTokens tokens, LastAnswer lastAnswer, IHttpClientFactory http, IOptionsMonitor<FirmhouseOptions> options) : IOnlineCheck
{
    public const string NobodysAddress = "unknown@check-config.invalid";

    // Links are accepted for this long after their expiry; a clock that is further off refuses valid links.
    private static readonly TimeSpan LargestSkew = TimeSpan.FromSeconds(60);

    /// <summary>Adds the checks, and what they need to observe the calls.</summary>
    public static void AddTo(IServiceCollection services)
    {
        services.AddOnlineCheck<FirmhouseChecks>();
        services.AddSingleton<LastAnswer>();

        // Innermost, next to the network: the handlers around it turn responses into failures.
        services.PostConfigure<HttpClientFactoryOptions>(FirmhouseClient.ClientName, static options => options.HttpMessageHandlerBuilderActions.Add(static handlers =>
            handlers.AdditionalHandlers.Add(new AnswerWatch(handlers.Services.GetRequiredService<LastAnswer>(), handlers.Services.GetRequiredService<TimeProvider>()))));
    }

    public async Task<IReadOnlyList<OnlineCheck>> RunAsync(CancellationToken cancellationToken)
    {
        var firmhouse = options.CurrentValue;
        Task<IReadOnlyList<OnlineCheck>>[] checks =
        [
            CheckLoginAsync(firmhouse, cancellationToken),
            .. firmhouse.AllowedRedirectHosts.Where(static host => host != FirmhouseOptions.AnyHost).Select(host => CheckRedirectHostAsync(host, cancellationToken)),
        ];
        return [.. (await Task.WhenAll(checks)).SelectMany(static lines => lines)];
    }

    private async Task<IReadOnlyList<OnlineCheck>> CheckLoginAsync(FirmhouseOptions firmhouse, CancellationToken cancellationToken)
    {
        if (!EmailAddress.TryParse(NobodysAddress, out var nobody))
        {
            throw new InvalidOperationException();
        }

        var result = await tokens.CreateAsync(nobody, cancellationToken);
        if (lastAnswer.Answer is not { } answer)
        {
            return [new(CheckResult.Fault, "Firmhouse", OnlineChecks.Unreachable(firmhouse.EndpointUrl, lastAnswer.Failure, "Firmhouse:Endpoint"))];
        }

        return
        [
            new(CheckResult.Ok, "Firmhouse", $"{firmhouse.EndpointUrl.Host} answers in {answer.Elapsed.TotalMilliseconds:0} ms by HTTP/{answer.Version}."),
            ClockOf(answer),
            LoginOf(result, answer.Status),
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

    private static OnlineCheck LoginOf(LoginTokenResult result, int status) => result switch
    {
        LoginTokenResult.NoSubscription or LoginTokenResult.Refused => new(
            CheckResult.Ok, "Login", "the access token is accepted, may make login tokens, and the schema is as this version knows it. None was made."),
        LoginTokenResult.Created => new(
            CheckResult.Warning, "Login", $"a login token was made for {NobodysAddress}, an address that nobody can have. Is Firmhouse:Endpoint a stand-in? Firmhouse's own is https://portal.firmhouse.com/graphql."),
        LoginTokenResult.Misconfigured { Cause: var cause } => new(CheckResult.Fault, "Login", Misconfigurations.FixOf(cause)),
        LoginTokenResult.TimedOut => new(CheckResult.Fault, "Login", "no complete answer within Firmhouse:Timeout. Try again, and see Firmhouse's status page; customers would get a 504."),
        _ => new(CheckResult.Fault, "Login", $"the answer has the status {status} and is not GraphQL that this version knows. Check that Firmhouse:Endpoint is https://portal.firmhouse.com/graphql, and that no proxy answers in its place."),
    };

    private async Task<IReadOnlyList<OnlineCheck>> CheckRedirectHostAsync(string host, CancellationToken cancellationToken)
    {
        var subject = $"Redirect host {host}";
        var url = new Uri($"https://{host}/");
        if (url.IsLoopback)
        {
            return [new(CheckResult.Ok, subject, "is this machine, so it was not asked.")];
        }

        try
        {
            using var client = http.CreateClient(OnlineChecks.ClientName);
            using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
            var status = (int)response.StatusCode;
            return [status < 500
                ? new(CheckResult.Ok, subject, $"answers over https, with {status}.")
                : new(CheckResult.Warning, subject, $"answers over https, but with {status}. Customers are sent there: make sure that the Self Service Center is up.")];
        }
        catch (Exception exception) when (OnlineChecks.IsUnreachable(exception, cancellationToken))
        {
            return [new(CheckResult.Fault, subject, OnlineChecks.Unreachable(url, exception, "Firmhouse:AllowedRedirectHosts"))];
        }
    }
}

/// <summary>Firmhouse's response to one attempt.</summary>
internal sealed record FirmhouseAnswer(int Status, Version Version, TimeSpan Elapsed, TimeSpan? Skew);

/// <summary>The result of the last attempt: a response, or why there was none.</summary>
internal sealed class LastAnswer
{
    public FirmhouseAnswer? Answer { get; set; }

    public Exception? Failure { get; set; }
}

/// <summary>Observes each attempt without changing it.</summary>
internal sealed class AnswerWatch(LastAnswer last, TimeProvider time) : DelegatingHandler
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
