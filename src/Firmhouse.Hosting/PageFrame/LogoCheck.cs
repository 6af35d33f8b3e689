using Firmhouse.Hosting.Commands;
using Firmhouse.Hosting.Settings;
using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.PageFrame;

/// <summary>Fetches the logo as a browser does under the pages' policy (<see cref="ContentSecurityPolicy"/>): from its own origin alone, redirects included.</summary>
internal sealed class LogoCheck(IHttpClientFactory http, IOptionsMonitor<BrandingOptions> branding) : IOnlineCheck
{
    private const string Setting = "Branding:LogoUrl";
    private const int MaxRedirects = 5;

    public async Task<IReadOnlyList<OnlineCheck>> RunAsync(CancellationToken cancellationToken) =>
        SecureUrl.TryParse(branding.CurrentValue.LogoUrl, out var url) ? [await CheckAsync(url, cancellationToken)] : [];

    private static OnlineCheck Line(CheckResult result, string text) => new(result, "Logo", text);

    private async Task<OnlineCheck> CheckAsync(Uri url, CancellationToken cancellationToken)
    {
        var origin = url.GetLeftPart(UriPartial.Authority);
        try
        {
            using var client = http.CreateClient(OnlineChecks.ClientName);
            for (var redirects = 0; redirects <= MaxRedirects; redirects++)
            {
                using var response = await client.GetAsync(url, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
                if ((int)response.StatusCode is < 300 or >= 400 || response.Headers.Location is not { } location)
                {
                    return response.IsSuccessStatusCode && response.Content.Headers.ContentType?.MediaType?.StartsWith("image/", StringComparison.OrdinalIgnoreCase) == true
                        ? Line(CheckResult.Ok, $"{url.Host} returns an image.")
                        : Line(CheckResult.Warning, $"{url.GetLeftPart(UriPartial.Path)} returned {(int)response.StatusCode}, {response.Content.Headers.ContentType?.MediaType ?? "no media type"}, and no image. Check {Setting}.");
                }

                url = new Uri(url, location);
                if (url.GetLeftPart(UriPartial.Authority) != origin)
                {
                    return Line(CheckResult.Warning, $"it redirects to {url.GetLeftPart(UriPartial.Path)}, and browsers load it from {origin} alone, so the pages show none. Set {Setting} to where it is.");
                }
            }

            return Line(CheckResult.Warning, $"it redirects more than {MaxRedirects} times. Set {Setting} to where it is.");
        }
        catch (Exception exception) when (OnlineChecks.IsUnreachable(exception, cancellationToken))
        {
            return Line(CheckResult.Warning, OnlineChecks.Unreachable(url, exception, Setting));
        }
    }
}
