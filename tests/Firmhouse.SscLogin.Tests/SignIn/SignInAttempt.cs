using Firmhouse.Testing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace Firmhouse.SscLogin.Tests.SignIn;

/// <summary>A sign-in as one browser goes through it: what it was sent away with, and its cookie.</summary>
internal sealed class SignInAttempt
{
    private SignInAttempt(Uri location, string? cookie) => (Location, Cookie) = (location, cookie);

    /// <summary>Where the browser was sent.</summary>
    public Uri Location { get; }

    /// <summary>The cookie that the browser sends back, as <c>name=value</c>; null for a browser that takes none.</summary>
    public string? Cookie { get; set; }

    /// <summary>The parameters of the authorization request.</summary>
    public IReadOnlyDictionary<string, string> Request => QueryHelpers.ParseQuery(Location.Query).ToDictionary(parameter => parameter.Key, parameter => parameter.Value.Single()!, StringComparer.Ordinal);

    /// <summary>Begins a sign-in, and has the stub answer it.</summary>
    public static async Task<SignInAttempt> BeginAsync(Service service, ProviderStub? provider = null, string query = "", string? cookie = null)
    {
        var response = await service.SendAsync(HttpMethod.Get, $"/ssc-login/sign-in{query}", cookie is null ? [] : [("Cookie", cookie)]);
        if (response.Headers.Location?.OriginalString.EndsWith($"/ssc-login/sign-in{query}", StringComparison.Ordinal) == true)
        {
            // To the public address, which leads here: the test is the proxy in front.
            response = await service.SendAsync(HttpMethod.Get, $"/ssc-login/sign-in{query}", ("Cookie", CookieTextOf(response)!));
        }

        if (response.Headers.Location is not { } location)
        {
            throw new InvalidOperationException($"The sign-in did not begin: {(int)response.StatusCode} {await response.Content.ReadAsStringAsync()}");
        }

        var attempt = new SignInAttempt(location, CookieTextOf(response));
        if (provider is not null)
        {
            provider.Nonce = attempt.Request["nonce"];
        }

        return attempt;
    }

    /// <summary>The cookie that an answer sets or takes away; null for none.</summary>
    public static SetCookieHeaderValue? CookieOf(HttpResponseMessage response) =>
        response.Headers.TryGetValues("Set-Cookie", out var values) ? SetCookieHeaderValue.ParseStrictList([.. values]).Single() : null;

    /// <summary>The same, as a browser sends it back.</summary>
    public static string? CookieTextOf(HttpResponseMessage response) => CookieOf(response) is { } set ? $"{set.Name}={set.Value}" : null;

    /// <summary>Comes back with a code.</summary>
    public Task<HttpResponseMessage> FinishAsync(Service service, params (string Name, string Value)[] headers) => FinishAsync(service, "code=stub-code", headers);

    /// <summary>Comes back with other parameters beside the state.</summary>
    public Task<HttpResponseMessage> FinishAsync(Service service, string parameters, params (string Name, string Value)[] headers) => service.SendAsync(
        HttpMethod.Get, $"/ssc-login/sign-in/callback?{parameters}&state={Uri.EscapeDataString(Request["state"])}", Cookie is null ? headers : [("Cookie", Cookie), .. headers]);
}
