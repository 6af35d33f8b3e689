using System.Reflection;
using Firmhouse.Client;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin.Pages;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Pages;

public sealed class OutcomePageTests
{
    private static readonly LoginLink AnyLink = PageHost.LinkOf("jane@example.com");

    public static TheoryData<string> Names => [.. Outcome.All.Where(outcome => outcome.Advice != PageAdvice.None).Select(outcome => outcome.Name)];

    [Fact]
    public void EveryOutcome_IsListedOnce()
    {
        var rows = typeof(Outcome).GetFields(BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static).Select(field => field.GetValue(null)).OfType<Outcome>().ToArray();

        Outcome.All.ShouldBe(rows, ignoreOrder: true);
        Outcome.All.Select(outcome => outcome.Name).ShouldBeUnique();
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task EveryPage_SaysWhatHappenedAndHelpsOn(string name)
    {
        var outcome = Named(name);
        var html = await RenderAsync(outcome with { Address = "jane@example.com", Link = outcome.Advice == PageAdvice.Confirm ? AnyLink : null });

        html.Contains("value=\"jane@example.com\"", StringComparison.Ordinal).ShouldBe(outcome.Advice is PageAdvice.EmailForm or PageAdvice.Confirm);
        html.Contains("mention this reference:", StringComparison.Ordinal).ShouldBe(name is not ("proof-required" or "confirmation-required"), "the way in is no error");
        html.ShouldNotContain($"{outcome.Texts}.", customMessage: "the key of a text that is missing");
    }

    /// <summary>The page's own address holds what was asked, and is not written into the page.</summary>
    [Theory]
    [InlineData("rate-limited")]
    [InlineData("firmhouse-unavailable")]
    [InlineData("firmhouse-timeout")]
    [InlineData("unexpected-error")]
    public async Task WaitingPage_TriesAgain_ByItsOwnAddress(string name) =>
        (await RenderAsync(Named(name))).ShouldContain("<a class=\"button\" href>Try again</a>");

    [Fact]
    public async Task WaitingPage_PostsTheLinkAgain_WhenItWasPosted()
    {
        await using var host = await PageHost.StartAsync<OutcomePage, Outcome>(Outcome.FirmhouseUnavailable with { Address = "jane@example.com", Link = AnyLink });
        using var form = new FormUrlEncodedContent([]);
        using var response = await host.Client.PostAsync(string.Empty, form);
        var html = await response.Content.ReadAsStringAsync();

        html.ShouldContain($"<input type=\"hidden\" name=\"sig\" value=\"{AnyLink.Signature}\" />");
        html.ShouldContain("<button type=\"submit\">Try again</button>");
        html.ShouldNotContain(" href>");
    }

    [Theory]
    [InlineData(0, "Wait a few seconds, then try again.")]
    [InlineData(15, "Wait a few seconds, then try again.")]
    [InlineData(16, "Wait a minute, then try again.")]
    [InlineData(60, "Wait a minute, then try again.")]
    [InlineData(61, "Wait 2 minutes, then try again.")]
    [InlineData(5400, "Wait 90 minutes, then try again.")]
    [InlineData(5401, "Wait 2 hours, then try again.")]
    [InlineData(86400, "Wait 24 hours, then try again.")]
    public async Task WaitingPage_SaysHowLong(int seconds, string text) =>
        (await RenderAsync(Outcome.RateLimited with { RetryAfter = TimeSpan.FromSeconds(seconds) })).ShouldContain(text);

    [Fact]
    public async Task WaitingPage_SaysAMinute_WhenNobodyKnows() =>
        (await RenderAsync(Outcome.FirmhouseTimeout)).ShouldContain("Wait a minute, then try again.");

    [Fact]
    public async Task RefusedLogin_ListsTheReasons()
    {
        var html = await RenderAsync(Outcome.LoginRefused with { Errors = [new LoginError("email", "First reason"), new LoginError("email", "Second reason")] });

        html.ShouldContain("<ul class=\"reasons\"><li>First reason</li><li>Second reason</li></ul>");
    }

    [Fact]
    public async Task InvalidEmail_IsSaidAtTheField()
    {
        var html = await RenderAsync(Outcome.InvalidEmail with { Address = "jane@" });

        html.ShouldContain("<p class=\"error\" id=\"email-error\">Enter a full e-mail address, such as name@example.com.</p>");
        html.ShouldContain("value=\"jane@\"");
        html.ShouldContain("aria-describedby=\"email-error email-hint\" aria-invalid=\"true\"");
    }

    private static Outcome Named(string name) => Outcome.All.Single(outcome => outcome.Name == name);

    private static async Task<string> RenderAsync(Outcome outcome)
    {
        await using var host = await PageHost.StartAsync<OutcomePage, Outcome>(outcome);
        return await host.ReadAsync();
    }
}
