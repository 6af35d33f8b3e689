using System.Reflection;
using Firmhouse.SscLogin.Pages;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Pages;

public sealed class OutcomePageTests
{
    public static TheoryData<string> Names => [.. OutcomePage.Pages.Keys];

    [Fact]
    public void EveryOutcomeThatEndsHere_HasItsPage()
    {
        var outcomes = typeof(LoginOutcome).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Select(field => field.GetValue(null))
            .OfType<LoginOutcome>()
            .Except([LoginOutcome.ConfirmationRequired])
            .Concat([LoginOutcome.LoginRefused([]), LoginOutcome.RateLimited(TimeSpan.Zero), LoginOutcome.FirmhouseUnavailable(TimeSpan.Zero)]);

        OutcomePage.Pages.Keys.ShouldBe(
            outcomes.Select(outcome => outcome.Name).Concat(["bad-request", "not-found", "method-not-allowed", "unexpected-error"]),
            ignoreOrder: true);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task EveryPage_SaysWhatHappenedAndHelpsOn(string name)
    {
        var html = await RenderAsync((nameof(OutcomePage.Name), name), (nameof(OutcomePage.Address), "jane@example.com"));

        html.Contains("value=\"jane@example.com\"", StringComparison.Ordinal).ShouldBe(OutcomePage.Pages[name] == Advice.Form);
        html.Contains("mention this reference:", StringComparison.Ordinal).ShouldBe(name != "proof-required", "the way in is no error");
        html.ShouldNotContain($"{name}.", customMessage: "the key of a text that is missing");
    }

    [Theory]
    [InlineData("no-such-page")]
    [InlineData("")]
    [InlineData("redirected")]
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

        html.ShouldContain("<p class=\"error\" id=\"email-error\">Fill in a whole address, such as name@example.com.</p>");
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
