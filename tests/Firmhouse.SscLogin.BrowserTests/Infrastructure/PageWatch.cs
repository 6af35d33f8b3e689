using System.Collections.Concurrent;
using Microsoft.Playwright;

namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

/// <summary>
/// Listens to a page for what a customer does not see and a developer should: errors in the console, violations of the
/// security policy, requests that fail, and requests that leave the sandbox.
/// </summary>
internal sealed class PageWatch
{
    private readonly ConcurrentQueue<string> _complaints = [];
    private readonly ConcurrentQueue<string> _downloads = [];
    private readonly ConcurrentDictionary<string, int> _statuses = new(StringComparer.Ordinal);
    private readonly Func<Uri, bool> _isExpected;

    private PageWatch(Func<Uri, bool> isExpected) => _isExpected = isExpected;

    /// <summary>What there was to hear.</summary>
    public IReadOnlyList<string> Complaints => [.. _complaints.Where(complaint => !_downloads.Any(url => complaint.EndsWith($" {url}: net::ERR_ABORTED", StringComparison.Ordinal)))];

    /// <summary>Starts to listen to a page that has loaded nothing yet.</summary>
    public static async Task<PageWatch> StartAsync(IPage page, Func<Uri, bool> isExpected)
    {
        var watch = new PageWatch(isExpected);
        page.Console += watch.OnConsole;
        page.PageError += (_, error) => watch.Complain($"script error: {error}");
        page.Request += watch.OnRequest;
        page.RequestFailed += (_, request) => watch.Complain($"request failed: {request.Method} {request.Url}: {request.Failure}");
        page.Response += watch.OnResponse;

        // To the page, what is saved to a file is a request that was broken off.
        page.Download += (_, download) => watch._downloads.Enqueue(download.Url);

        // Chromium writes violations to the console too, but not those of a policy that only reports.
        await page.ExposeBindingAsync("reportViolation", (BindingSource _, string violation) => watch.Complain($"policy violation: {violation}"));
        await page.AddInitScriptAsync("addEventListener('securitypolicyviolation', e => reportViolation(`${e.effectiveDirective} ${e.blockedURI}`))");
        return watch;
    }

    private void Complain(string complaint) => _complaints.Enqueue(complaint);

    private void OnConsole(object? sender, IConsoleMessage message)
    {
        if (message.Type is "error" or "warning" && !IsStatusOfAPage(message))
        {
            Complain($"console: {message.Type}: {message.Text} ({message.Location})");
        }
    }

    // Chromium writes to the console that a page's own status is 404. The tests ask for these statuses themselves.
    private bool IsStatusOfAPage(IConsoleMessage message) =>
        _statuses.Any(page => message.Location.StartsWith(page.Key, StringComparison.Ordinal)
            && message.Text.StartsWith($"Failed to load resource: the server responded with a status of {page.Value} ", StringComparison.Ordinal));

    private void OnRequest(object? sender, IRequest request)
    {
        if (!_isExpected(new Uri(request.Url)))
        {
            Complain($"request to another host: {request.Url}");
        }
    }

    private void OnResponse(object? sender, IResponse response)
    {
        if (response.Status < 400)
        {
            return;
        }

        if (response.Request.IsNavigationRequest)
        {
            _statuses[response.Url] = response.Status;
        }
        else
        {
            Complain($"status {response.Status}: {response.Url}");
        }
    }
}
