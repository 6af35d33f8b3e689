using Firmhouse.Testing;
using Microsoft.AspNetCore.WebUtilities;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>
/// An employee's browser, as far as HTTP goes: it keeps cookies by host, also Secure ones on loopback as browsers do, and
/// follows redirects when it is told to.
/// </summary>
internal sealed class StaffBrowser(Uri desk) : IDisposable
{
    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false, UseCookies = false, UseProxy = false });
    private readonly Dictionary<(string Authority, string Name), string> _cookies = [];

    /// <summary>What the last answers set, as it was sent.</summary>
    public List<string> SetCookies { get; } = [];

    /// <summary>Which replica has answered, where nginx says so.</summary>
    public List<string> Replicas { get; } = [];

    public IEnumerable<string> CookieNames => _cookies.Keys.Where(cookie => cookie.Authority == desk.Authority).Select(cookie => cookie.Name);

    public Task<HttpResponseMessage> GetAsync(string path, params (string Name, string Value)[] headers)
    {
        var request = new HttpRequestMessage(HttpMethod.Get, new Uri(desk, path));
        Array.ForEach(headers, header => request.Headers.Add(header.Name, header.Value));
        return SendAsync(request);
    }

    public Task<HttpResponseMessage> PostAsync(string path, IReadOnlyDictionary<string, string> form, string site = "same-origin")
    {
        var request = new HttpRequestMessage(HttpMethod.Post, new Uri(desk, path)) { Content = new FormUrlEncodedContent(form) };
        request.Headers.Add("Sec-Fetch-Site", site);
        return SendAsync(request);
    }

    /// <summary>Signs in, and comes back to the page that was asked for.</summary>
    public async Task<HttpResponseMessage> SignInAsync(string account, string path = "/")
    {
        var callback = await GoToCallbackAsync(account, path);
        return await FollowAsync(await SendAsync(new HttpRequestMessage(HttpMethod.Get, callback)));
    }

    /// <summary>Signs in as far as the provider's redirect to the desk, which is not followed.</summary>
    public async Task<Uri> GoToCallbackAsync(string account, string path = "/")
    {
        var response = await GetAsync(path);
        while (true)
        {
            var location = LocationOf(response);
            if (location.Authority == desk.Authority)
            {
                return location;
            }

            response = await SendAsync(new HttpRequestMessage(
                HttpMethod.Get, location.AbsolutePath.StartsWith("/interaction/", StringComparison.Ordinal) ? new Uri($"{location}?as={account}") : location));
        }
    }

    /// <summary>Begins a sign-in, and comes back from the provider with what it gives to whoever asks: no page is shown.</summary>
    public async Task<HttpResponseMessage> CallBackAsync(ProviderStub stub, string parameters = $"code={ProviderStub.Code}") => await GetAsync(await BeginAsync(stub, parameters));

    /// <summary>Begins a sign-in, and returns where the provider sends the browser back to.</summary>
    public async Task<string> BeginAsync(ProviderStub stub, string parameters = $"code={ProviderStub.Code}")
    {
        using var begun = await GetAsync("/");
        var request = QueryHelpers.ParseQuery(LocationOf(begun).Query);
        stub.Nonce = request["nonce"];
        return $"/sign-in/callback?{parameters}&state={Uri.EscapeDataString(request["state"]!)}";
    }

    /// <summary>Follows redirects, wherever they lead, until there is a page.</summary>
    public async Task<HttpResponseMessage> FollowAsync(HttpResponseMessage response)
    {
        while (response.Headers.Location is not null)
        {
            response = await SendAsync(new HttpRequestMessage(HttpMethod.Get, LocationOf(response)));
        }

        return response;
    }

    public void Forget(string name) => _cookies.Remove((desk.Authority, name));

    public async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request)
    {
        using (request)
        {
            var authority = request.RequestUri!.Authority;
            request.Headers.TryAddWithoutValidation("Accept", "text/html");
            var sent = _cookies.Where(cookie => cookie.Key.Authority == authority).Select(cookie => $"{cookie.Key.Name}={cookie.Value}").ToArray();
            if (sent.Length > 0)
            {
                request.Headers.Add("Cookie", string.Join("; ", sent));
            }

            var response = await _client.SendAsync(request);
            Replicas.AddRange(response.Headers.TryGetValues(Nginx.ReplicaHeader, out var replica) ? replica : []);
            foreach (var cookie in response.Headers.TryGetValues("Set-Cookie", out var set) ? set : [])
            {
                SetCookies.Add(cookie);
                var (name, value) = cookie.Split(';')[0].Split('=', 2) is [var left, var right] ? (left, right) : (cookie, "");
                if (value.Length == 0)
                {
                    _cookies.Remove((authority, name));
                }
                else
                {
                    _cookies[(authority, name)] = value;
                }
            }

            return response;
        }
    }

    public void Dispose() => _client.Dispose();

    private static Uri LocationOf(HttpResponseMessage response) =>
        new(response.RequestMessage!.RequestUri!, response.Headers.Location ?? throw new InvalidOperationException($"No redirect but {response.StatusCode}."));
}
