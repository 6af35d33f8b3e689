using Firmhouse.Hosting.PageFrame;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Primitives;
using Shouldly;
using Xunit;

namespace Firmhouse.Hosting.Tests.PageFrame;

public sealed class PageLanguageTests
{
    public static TheoryData<string> HostileHeaders =>
    [
        ",;,;=q=;",
        "nl;q=NaN",
        "nl;q=1e999",
        "nl;q=-1",
        "\0\u0001\u001b",
        "\ud83d\ude00",
        new string(',', 32_000),
        new string('n', 32_000),
        string.Join(',', Enumerable.Repeat("xx;q=0.1", 4_000)),
        "../../etc/passwd",
        "<script>alert(1)</script>",
    ];

    [Theory]
    [InlineData("nl", "nl")]
    [InlineData("DE", "de")]
    [InlineData("de-AT", "de")]
    [InlineData("fr-CA,fr;q=0.9", "fr")]
    [InlineData("en-GB,nl;q=0.9", "en")]
    [InlineData("sv,de;q=0.5,nl;q=0.8", "nl")]
    [InlineData("de;q=0.5,fr;q=0.5", "de")]
    [InlineData("nl;q=0,fr;q=0.1", "fr")]
    [InlineData("sv, *;q=0.5", "en")]
    [InlineData("sv", "en")]
    [InlineData("nlx", "en")]
    [InlineData("", "en")]
    [InlineData("@@@, nl;q=0.3", "nl")]
    public void Of_TakesTheBestAcceptedLanguage(string header, string language) =>
        PageLanguage.Of(Request(header)).Code.ShouldBe(language);

    [Theory]
    [MemberData(nameof(HostileHeaders), DisableDiscoveryEnumeration = true)]
    public void Of_AnswersInSomeLanguage_WhateverTheHeader(string header) =>
        PageLanguage.All.ShouldContain(PageLanguage.Of(Request(header)));

    [Theory]
    [InlineData("?lang=de", "de")]
    [InlineData("?lang=de-CH", "de")]
    [InlineData("?LANG=FR", "fr")]
    [InlineData("?lang=sv", "nl")]
    [InlineData("?lang=", "nl")]
    [InlineData("?lang=de&lang=fr", "nl")]
    [InlineData("?lang=%00%zz", "nl")]
    public void Of_PrefersTheLanguageAskedFor_WhenWeHaveIt(string query, string language) =>
        PageLanguage.Of(Request("nl", query)).Code.ShouldBe(language);

    [Fact]
    public void Requested_IsFoundInAFormThatWasRead()
    {
        var request = Request("nl");
        request.Form = new FormCollection(new Dictionary<string, StringValues>(StringComparer.Ordinal) { ["lang"] = "fr" });

        PageLanguage.Requested(request)!.Code.ShouldBe("fr");
    }

    [Fact]
    public void Requested_IsNull_WhenOnlyTheBrowserNamesLanguages() => PageLanguage.Requested(Request("nl")).ShouldBeNull();

    [Fact]
    public void AppendTo_CarriesOnlyALanguageThatWasAskedFor()
    {
        PageLanguage.AppendTo("/ssc-login/email-sent", PageLanguage.Requested(Request("nl", "?lang=de"))).ShouldBe("/ssc-login/email-sent?lang=de");
        PageLanguage.AppendTo("/ssc-login/email-sent", PageLanguage.Requested(Request("nl"))).ShouldBe("/ssc-login/email-sent");
    }

    private static HttpRequest Request(string acceptLanguage, string query = "")
    {
        var request = new DefaultHttpContext().Request;
        request.Headers.AcceptLanguage = acceptLanguage;
        request.QueryString = new QueryString(query);
        return request;
    }
}
