using System.Reflection;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin;
using Firmhouse.SscLogin.Pages;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Pages;

public sealed class OutcomePageTests
{
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
        var outcome = Outcome.OfName(name);
        var html = await RenderAsync((nameof(OutcomePage.Name), name), (nameof(OutcomePage.Address), "jane@example.com"));

        html.Contains("value=\"jane@example.com\"", StringComparison.Ordinal).ShouldBe(outcome.Advice == PageAdvice.EmailForm);
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
        (await RenderAsync((nameof(OutcomePage.Name), name))).ShouldContain("<a class=\"button\" href>Try again</a>");

    [Fact]
    public async Task WaitingPage_PostsTheSignedFieldsAgain_WhenTheyWerePosted()
    {
        var html = await RenderAsync(
            (nameof(OutcomePage.Name), "firmhouse-unavailable"), (nameof(OutcomePage.IsPosted), true),
            (nameof(OutcomePage.SignedFields), new KeyValuePair<string, string>[] { new("email", "jane@example.com"), new("sig", "a1") }));

        html.ShouldContain("<input type=\"hidden\" name=\"sig\" value=\"a1\" />");
        html.ShouldContain("<button type=\"submit\">Try again</button>");
        html.ShouldNotContain(" href>");
    }

    [Theory]
    [InlineData("no-such-page")]
    [InlineData("")]
    public async Task UnknownName_IsAnUnexpectedError(string name) =>
        (await RenderAsync((nameof(OutcomePage.Name), name))).ShouldContain("<h1>Something went wrong</h1>");

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
        (await RenderAsync((nameof(OutcomePage.Name), "rate-limited"), (nameof(OutcomePage.RetryAfter), TimeSpan.FromSeconds(seconds)))).ShouldContain(text);

    [Fact]
    public async Task WaitingPage_SaysAMinute_WhenNobodyKnows() =>
        (await RenderAsync((nameof(OutcomePage.Name), "firmhouse-timeout"))).ShouldContain("Wait a minute, then try again.");

    [Fact]
    public async Task RefusedLogin_ListsTheReasons()
    {
        var html = await RenderAsync((nameof(OutcomePage.Name), "login-refused"), (nameof(OutcomePage.Errors), new[] { "First reason", "Second reason" }));

        html.ShouldContain("<ul class=\"reasons\"><li>First reason</li><li>Second reason</li></ul>");
    }

    [Fact]
    public async Task InvalidEmail_IsSaidAtTheField()
    {
        var html = await RenderAsync((nameof(OutcomePage.Name), "invalid-email"), (nameof(OutcomePage.Address), "jane@"));

        html.ShouldContain("<p class=\"error\" id=\"email-error\">Enter a full e-mail address, such as name@example.com.</p>");
        html.ShouldContain("value=\"jane@\"");
        html.ShouldContain("aria-describedby=\"email-error email-hint\" aria-invalid=\"true\"");
    }

    private static async Task<string> RenderAsync(params (string Name, object? Value)[] parameters)
    {
        await using var host = await PageHost.StartAsync<OutcomePage>(
            parameters.ToDictionary(parameter => parameter.Name, parameter => parameter.Value, StringComparer.Ordinal));
        return await host.ReadAsync();
    }
}
