using System.Net;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.RegularExpressions;
using Shouldly;

namespace Firmhouse.SscLogin.Tests.Infrastructure;

/// <summary>What tests ask of an answer.</summary>
internal static partial class Answers
{
    /// <summary>It is the problem of this outcome.</summary>
    public static async Task ShouldBeProblemAsync(this HttpResponseMessage response, HttpStatusCode status, string type)
    {
        response.StatusCode.ShouldBe(status);
        response.Content.Headers.ContentType!.MediaType.ShouldBe("application/problem+json");
        var problem = await response.Content.ReadFromJsonAsync<JsonElement>();
        problem.GetProperty("type").GetString().ShouldBe(type);
        problem.GetProperty("status").GetInt32().ShouldBe((int)status);
    }

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
        response.Headers.Location!.OriginalString.ShouldBe(FirmhouseStub.ReturnUrl);
    }

    /// <summary>All that a caller can tell two answers apart by, but for the time and the trace.</summary>
    public static async Task<string> FingerprintAsync(this HttpResponseMessage response)
    {
        var headers = response.Headers.Concat(response.Content.Headers).Where(header => header.Key != "Date")
            .Select(header => $"{header.Key}: {string.Join(", ", header.Value)}");
        var body = await response.Content.ReadAsStringAsync();
        var comparable = Trace().Replace(body, "trace");
        return $"{(int)response.StatusCode}\n{string.Join('\n', headers)}\n\n{comparable}";
    }

    // In a problem the whole trace id, on a page its end.
    [GeneratedRegex("(?<=\"traceId\":\")[0-9a-f]{32}(?=\")|(?<=<code>)[0-9a-f]{8}(?=</code>)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Trace();
}
