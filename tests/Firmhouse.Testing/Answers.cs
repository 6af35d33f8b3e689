using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Shouldly;

namespace Firmhouse.Testing;

/// <summary>What tests ask of an answer.</summary>
internal static partial class Answers
{
    /// <summary>Holds an answer to an outcome of the table, in every part that a program can rely on.</summary>
    /// <returns>The document.</returns>
    public static async Task<JsonElement> ShouldBeProblemAsync(this HttpResponseMessage response, string name, HttpStatusCode status)
    {
        response.StatusCode.ShouldBe(status);
        response.Headers.Contains("Location").ShouldBeFalse();
        response.Headers.CacheControl!.NoStore.ShouldBeTrue();
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("type").GetString().ShouldBe(name);
        problem.GetProperty("status").GetInt32().ShouldBe((int)status);
        problem.GetProperty("title").GetString().ShouldNotBeNullOrEmpty();
        TraceId().IsMatch(problem.GetProperty("traceId").GetString()!).ShouldBeTrue();
        problem.EnumerateObject().Select(member => member.Name).Except(["type", "title", "status", "traceId", "errors"]).ShouldBeEmpty();
        return problem;
    }

    /// <summary>Holds an answer to one of Firmhouse's outcomes: its status, and when to try again where that makes sense.</summary>
    public static async Task ShouldBeOutcomeAsync(this HttpResponseMessage response, string name)
    {
        var status = name switch
        {
            "no-subscription" => HttpStatusCode.NotFound,
            "login-refused" => HttpStatusCode.UnprocessableEntity,
            "firmhouse-misconfigured" => HttpStatusCode.BadGateway,
            "firmhouse-unavailable" => HttpStatusCode.ServiceUnavailable,
            "firmhouse-timeout" => HttpStatusCode.GatewayTimeout,
            _ => throw new ArgumentOutOfRangeException(nameof(name), name, "No outcome of Firmhouse's."),
        };
        await response.ShouldBeProblemAsync(name, status);
        response.RetryAfterSeconds().HasValue.ShouldBe(status == HttpStatusCode.ServiceUnavailable);
    }

    /// <summary>The seconds of <c>Retry-After</c>, or null.</summary>
    public static int? RetryAfterSeconds(this HttpResponseMessage response) =>
        response.Headers.TryGetValues("Retry-After", out var values) ? int.Parse(values.Single(), CultureInfo.InvariantCulture) : null;

    [GeneratedRegex("^[0-9a-f]{32}$", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex TraceId();

    /// <summary>It is a page.</summary>
    public static void ShouldBePage(this HttpResponseMessage response, HttpStatusCode status)
    {
        response.StatusCode.ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("text/html");
    }

    /// <summary>It sends the customer to the Self Service Center.</summary>
    public static void ShouldBeLogin(this HttpResponseMessage response, HttpStatusCode status = HttpStatusCode.Found)
    {
        response.StatusCode.ShouldBe(status);
        response.Headers.Location!.OriginalString.ShouldBe(FirmhouseServer.ReturnUrl);
    }

    /// <summary>All that a caller can tell two answers apart by, but for the time, the trace and what is sealed.</summary>
    public static async Task<string> FingerprintAsync(this HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers).Where(header => header.Key != "Date")
            .Select(header => $"{header.Key}: {Sealed().Replace(string.Join(", ", header.Value), "sealed")}");
        var body = await response.Content.ReadAsStringAsync();
        var comparable = Trace().Replace(body, "trace");
        return $"{(int)response.StatusCode}\n{string.Join('\n', headers)}\n\n{comparable}";
    }

    // In a problem the whole trace id, on a page its end.
    [GeneratedRegex("(?<=\"traceId\":\")[0-9a-f]{32}(?=\")|(?<=<code>)[0-9a-f]{8}(?=</code>)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Trace();

    // The address that the page after the form repeats.
    [GeneratedRegex("(?<=/email-sent\\?to=)[0-9A-Za-z_-]+", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Sealed();
}
