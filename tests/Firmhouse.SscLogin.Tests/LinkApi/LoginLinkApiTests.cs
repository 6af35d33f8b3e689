using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using Firmhouse.Client;
using Firmhouse.SscLogin.LinkApi;
using Firmhouse.Testing;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Serilog.Events;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.LinkApi;

/// <summary><c>POST /api/login-links</c> and the document that describes it.</summary>
public sealed class LoginLinkApiTests
{
    private const string Path = "/api/login-links";
    private const string DocumentPath = "/openapi/v1.json";
    private const string PublicUrl = "https://login.example.com";
    private const string MailerKey = "mailer-bearer-key-not-for-production-1";
    private const string ShopKey = "shop-bearer-key-not-for-production-002";

    private static readonly (string Key, string Value)[] TwoKeys =
    [
        ("LoginLinks:PublicUrl", PublicUrl),
        ("LoginLinks:AllowUnsigned", "false"),
        ("LoginLinks:Keys:mail1:Secret", "mail-signing-secret-not-for-production"),
        ("LoginLinks:Keys:mail1:MaxLifetime", "7.00:00:00"),
        ("LoginLinks:Keys:shop1:Secret", "shop-signing-secret-not-for-production"),
        ("Api:Keys:mailer:Secret", MailerKey),
        ("Api:Keys:mailer:Kid", "mail1"),
        ("Api:Keys:shop:Secret", ShopKey),
        ("Api:Keys:shop:Kid", "shop1"),
    ];

    [Fact]
    public async Task Api_IsNotThere_WhenNoKeyIsConfigured()
    {
        await using var service = await Service.StartAsync();

        using var answer = await MintAsync(service, """{"emails":["jane@example.com"]}""");
        using var document = await service.GetAsync(DocumentPath);

        answer.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        document.StatusCode.ShouldBe(HttpStatusCode.NotFound);
    }

    [Fact]
    public async Task Mint_GivesLinksThatTheServiceAccepts_InTheOrderOfTheAddresses()
    {
        var time = new TestTimeProvider();
        await using var service = await StartAsync(time);
        string[] emails = ["jane+box@example.com", "nobody", "zoë@münchen.example", "", "JANE@example.com", "jane+box@example.com"];

        using var answer = await MintAsync(service, JsonSerializer.Serialize(new { emails, validFor = "P2DT3H" }));

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        answer.Headers.CacheControl!.NoStore.ShouldBeTrue();
        var links = await LinksAsync(answer);
        links.Select(link => link.Email).ShouldBe(emails);
        links.Select(link => link.Error).ShouldBe([null, "invalid-email", null, "invalid-email", null, null]);
        foreach (var link in links)
        {
            if (link.Error is not null)
            {
                (link.Url, link.ExpiresAt).ShouldBe((null, null));
                continue;
            }

            link.ExpiresAt.ShouldBe(time.GetUtcNow() + new TimeSpan(2, 3, 0, 0));
            link.Url!.ShouldStartWith($"{PublicUrl}/ssc-login?");
            var query = QueryHelpers.ParseQuery(new Uri(link.Url!).Query);
            query["exp"].ShouldBe([$"{link.ExpiresAt!.Value.ToUnixTimeSeconds()}"]);
            using var login = await service.GetAsync(new Uri(link.Url!).PathAndQuery);
            login.StatusCode.ShouldBe(HttpStatusCode.Found);
            service.Firmhouse.Calls[^1].Variables["email"].ShouldBe(link.Email);
        }
    }

    [Fact]
    public async Task Api_Comes_AndGoes_WithItsKeys()
    {
        await using var service = await Service.StartAsync(firmhouse: null, time: null, [.. TwoKeys.Where(setting => !setting.Key.StartsWith("Api:", StringComparison.Ordinal))]);
        using var before = await MintAsync(service, """{"emails":["jane@example.com"]}""");

        service.Change(("Api:Keys:mailer:Secret", MailerKey), ("Api:Keys:mailer:Kid", "mail1"));
        using var with = await MintAsync(service, """{"emails":["jane@example.com"]}""");

        before.StatusCode.ShouldBe(HttpStatusCode.NotFound);
        with.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("")]
    [InlineData(",\"validFor\":null")]
    [InlineData(",\"validFor\":\"P7D\"")]
    [InlineData(",\"validFor\":\"7d\"")]
    [InlineData(",\"validFor\":\"PT168H\",\"comment\":\"of no interest\"")]
    public async Task Mint_GivesTheKeysLifetime_UnlessItIsToldAnother(string more)
    {
        var time = new TestTimeProvider();
        await using var service = await StartAsync(time);

        using var answer = await MintAsync(service, $$"""{"emails":["jane@example.com"]{{more}}}""");

        (await LinksAsync(answer)).ShouldHaveSingleItem().ExpiresAt.ShouldBe(time.GetUtcNow().AddDays(7));
    }

    [Fact]
    public async Task Mint_SignsWithTheOneKeyOfItsCaller()
    {
        await using var service = await StartAsync();

        using var mailer = await MintAsync(service, """{"emails":["jane@example.com"]}""");
        using var shop = await MintAsync(service, """{"emails":["jane@example.com"]}""", $"bearer  {ShopKey} ");

        (await LinksAsync(mailer)).ShouldHaveSingleItem().Url!.ShouldContain("&kid=mail1&");
        var link = (await LinksAsync(shop)).ShouldHaveSingleItem().Url!;
        link.ShouldContain("&kid=shop1&");
        using var login = await service.GetAsync(new Uri(link).PathAndQuery);
        login.StatusCode.ShouldBe(HttpStatusCode.Found);
    }

    [Fact]
    public async Task Mint_TakesAThousandOfTheLongestAddresses()
    {
        await using var service = await StartAsync();
        var longest = new string('漢', 250) + "@a.b";
        var body = $$"""{"emails":[{{string.Join(',', Enumerable.Repeat($"\"{longest}\"", 1000))}}]}""";

        using var answer = await MintAsync(service, body);

        var links = await LinksAsync(answer);
        links.Length.ShouldBe(1000);
        links.ShouldAllBe(link => link.Email == longest && link.Url != null);
    }

    [Theory]
    [InlineData(null)]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData($"Basic {MailerKey}")]
    [InlineData(MailerKey)]
    [InlineData($"Bearer {MailerKey}x")]
    [InlineData($"Bearer MAILER-bearer-key-not-for-production-1")]
    [InlineData("Bearer mail-signing-secret-not-for-production")]
    [InlineData($"Bearer {MailerKey},Bearer {MailerKey}")]
    public async Task Mint_RefusesWhoeverHasNoKey(string? authorization)
    {
        await using var service = await StartAsync();

        using var answer = await MintAsync(service, "neither read nor parsed", authorization);

        await answer.ShouldBeProblemAsync("unauthorized", HttpStatusCode.Unauthorized);
        answer.Headers.WwwAuthenticate.ShouldHaveSingleItem().ToString().ShouldBe("Bearer");
    }

    [Fact]
    public async Task Mint_LimitsWhoeverGuessesKeys()
    {
        await using var service = await StartAsync(null, ("RateLimits:PerClient:Permits", "2"), ("RateLimits:PerClient:Window", "01:00:00"));

        for (var i = 0; i < 2; i++)
        {
            using var refused = await MintAsync(service, "{}", $"Bearer guess-{i}");
            refused.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        }

        using var limited = await MintAsync(service, "{}", "Bearer guess-2");
        await limited.ShouldBeProblemAsync("rate-limited", HttpStatusCode.TooManyRequests);

        // Also when the next guess is right.
        using var known = await MintAsync(service, """{"emails":["jane@example.com"]}""");
        await known.ShouldBeProblemAsync("rate-limited", HttpStatusCode.TooManyRequests);
    }

    [Fact]
    public async Task Mint_IsForbidden_FromTheMomentTheSigningKeyEnds()
    {
        var time = new TestTimeProvider();
        await using var service = await StartAsync(time, ("LoginLinks:Keys:mail1:NotAfter", time.GetUtcNow().AddMinutes(1).ToString("O")));

        using var before = await MintAsync(service, """{"emails":["jane@example.com"]}""");
        before.StatusCode.ShouldBe(HttpStatusCode.OK);

        time.Advance(TimeSpan.FromMinutes(1));
        using var after = await MintAsync(service, """{"emails":["jane@example.com"]}""");
        await after.ShouldBeProblemAsync("forbidden", HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Mint_IsForbidden_WhenTheSigningKeyIsGone()
    {
        await using var service = await StartAsync();

        service.Configuration["LoginLinks:Keys:mail1:Secret"] = "short";
        service.Configuration.Reload();

        using var answer = await MintAsync(service, """{"emails":["jane@example.com"]}""");
        await answer.ShouldBeProblemAsync("forbidden", HttpStatusCode.Forbidden);
    }

    [Fact]
    public async Task Mint_RefusesABearerKey_AsSoonAsItIsReplaced()
    {
        await using var service = await StartAsync();

        service.Configuration["Api:Keys:mailer:Secret"] = $"{MailerKey}-replaced";
        service.Configuration.Reload();

        using var old = await MintAsync(service, """{"emails":["jane@example.com"]}""");
        using var replaced = await MintAsync(service, """{"emails":["jane@example.com"]}""", $"Bearer {MailerKey}-replaced");
        old.StatusCode.ShouldBe(HttpStatusCode.Unauthorized);
        replaced.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData(null)]
    public async Task Mint_ReadsJsonOnly(string? contentType)
    {
        await using var service = await StartAsync();

        using var answer = await MintAsync(service, """{"emails":["jane@example.com"]}""", contentType: contentType);

        await answer.ShouldBeProblemAsync("unsupported-media-type", HttpStatusCode.UnsupportedMediaType);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{")]
    [InlineData("emails=jane")]
    [InlineData("""{"emails":["jane@example.com"],}""")]
    [InlineData("""{"emails":["jane@example.com"]} {}""")]
    public async Task Mint_RefusesWhatIsNoJson(string body)
    {
        await using var service = await StartAsync();

        using var answer = await MintAsync(service, body);

        await answer.ShouldBeProblemAsync("bad-request", HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("\"jane@example.com\"")]
    [InlineData("{}")]
    [InlineData("""{"emails":null}""")]
    [InlineData("""{"emails":[]}""")]
    [InlineData("""{"emails":"jane@example.com"}""")]
    [InlineData("""{"emails":{"0":"jane@example.com"}}""")]
    [InlineData("""{"emails":[1]}""")]
    [InlineData("""{"emails":[["jane@example.com"]]}""")]
    [InlineData("""{"emails":["\ud800@example.com"]}""")]
    [InlineData("""{"emails":["jane@example.com"],"validFor":7}""")]
    [InlineData("""{"emails":["jane@example.com"],"validFor":["P7D"]}""")]
    [InlineData("""{"emails":["jane@example.com"],"validFor":""}""")]
    [InlineData("""{"emails":["jane@example.com"],"validFor":"a week"}""")]
    [InlineData("""{"emails":["jane@example.com"],"validFor":"P0D"}""")]
    [InlineData("""{"emails":["jane@example.com"],"validFor":"-P1D"}""")]
    [InlineData("""{"emails":["jane@example.com"],"validFor":"P8D"}""")]
    [InlineData("""{"emails":["jane@example.com"],"validFor":"P7DT1S"}""")]
    [InlineData("""{"emails":["jane@example.com"],"validFor":"P9999999999D"}""")]
    public async Task Mint_RefusesWhatHasTheWrongShape(string body)
    {
        await using var service = await StartAsync();

        using var answer = await MintAsync(service, body);

        await answer.ShouldBeProblemAsync("validation-failed", HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Mint_RefusesBytesThatAreNoText()
    {
        await using var service = await StartAsync();
        using var content = new ByteArrayContent([.. "{\"emails\":[\"jane"u8, 0xFF, .. "@example.com\"]}"u8]);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");

        using var answer = await SendAsync(service, content, $"Bearer {MailerKey}");

        await answer.ShouldBeProblemAsync("validation-failed", HttpStatusCode.UnprocessableEntity);
    }

    [Fact]
    public async Task Mint_SaysTheLongestLifetime_WhenItIsAskedForMore()
    {
        await using var service = await StartAsync();

        using var answer = await MintAsync(service, """{"emails":["jane@example.com"],"validFor":"P30D"}""");

        (await answer.Content.ReadFromJsonAsync<JsonElement>()).GetProperty("title").GetString()
            .ShouldBe("validFor must be an ISO 8601 duration such as P7D, and at most P7D.");
    }

    [Fact]
    public async Task Mint_RefusesMoreThanAThousandAddresses()
    {
        await using var service = await StartAsync();

        using var answer = await MintAsync(service, JsonSerializer.Serialize(new { emails = Enumerable.Repeat("jane@example.com", 1001) }));

        await answer.ShouldBeProblemAsync("content-too-large", HttpStatusCode.RequestEntityTooLarge);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Mint_RefusesABodyOfTwoMegabytes(bool chunked)
    {
        await using var service = await StartAsync();
        using var content = new StringContent($$"""{"emails":["{{new string('x', 2 * 1024 * 1024)}}"]}""", Encoding.UTF8, "application/json");
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = content };
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {MailerKey}");
        request.Headers.TransferEncodingChunked = chunked;

        // The service answers before it has read the body: who waits for its "go on" is not cut off while sending.
        request.Headers.ExpectContinue = !chunked;

        using var answer = await service.Client.SendAsync(request);

        await answer.ShouldBeProblemAsync("content-too-large", HttpStatusCode.RequestEntityTooLarge);
    }

    [Fact]
    public async Task Mint_IsLimited_ForEachKeyAlone()
    {
        await using var service = await StartAsync(null, ("RateLimits:PerApiKey:Permits", "2"), ("RateLimits:PerApiKey:Window", "01:00:00"));
        for (var i = 0; i < 2; i++)
        {
            using var admitted = await MintAsync(service, """{"emails":["jane@example.com"]}""");
            admitted.StatusCode.ShouldBe(HttpStatusCode.OK);
        }

        using var limited = await MintAsync(service, """{"emails":["jane@example.com"]}""");
        using var other = await MintAsync(service, """{"emails":["jane@example.com"]}""", $"Bearer {ShopKey}");

        await limited.ShouldBeProblemAsync("rate-limited", HttpStatusCode.TooManyRequests);
        limited.Headers.RetryAfter!.Delta!.Value.ShouldBeInRange(TimeSpan.FromSeconds(1), TimeSpan.FromHours(1));
        other.StatusCode.ShouldBe(HttpStatusCode.OK);
    }

    [Fact]
    public async Task Log_TellsWhoMintedHowMany_AndNothingThatIsSecret()
    {
        await using var service = await StartAsync();

        using var minted = await MintAsync(service, """{"emails":["jane@example.com","nobody"]}""");
        using var refused = await MintAsync(service, """{"emails":["jack@example.com"],"validFor":"P8D"}""");
        using var malformed = await MintAsync(service, """{"emails":["jack@example.com"]""");
        using var unauthorized = await MintAsync(service, """{"emails":["jack@example.com"]}""", "Bearer guessed-bearer-key");
        var url = (await LinksAsync(minted))[0].Url!;

        service.LogText.ShouldContain("Minted 1 links for 2 addresses, API key mailer, signed with mail1");
        foreach (var secret in (string[])["jane", "jack", "nobody", "example.com/ssc-login", MailerKey, "guessed", "signing-secret", QueryHelpers.ParseQuery(new Uri(url).Query)["sig"]!])
        {
            service.LogText.ShouldNotContain(secret);
        }
    }

    [Theory]
    [InlineData(" jane@example.com")]
    [InlineData("jane@example.com\\n")]
    [InlineData("jane@example.com\\u00a0")]
    [InlineData("\\ufeffjane@example.com")]
    public async Task Mint_TakesAnAddressToTheLetter(string email)
    {
        await using var service = await StartAsync();

        using var answer = await MintAsync(service, $$"""{"emails":["{{email}}"]}""");

        (await LinksAsync(answer)).ShouldHaveSingleItem().Error.ShouldBe("invalid-email");
    }

    [Fact]
    public async Task Log_AndMetric_TellWhoeverGuessesKeys()
    {
        await using var service = await StartAsync();
        using var measurements = Measurements.Of(service);

        for (var i = 0; i < 110; i++)
        {
            using var answer = await MintAsync(service, "{}", $"Bearer guess-{i}");
        }

        measurements.Sum("ssc_login.refused", ("reason", "api-key")).ShouldBe(110);
        var lines = service.Logged(401);
        lines.Count.ShouldBe(110);
        lines.ShouldAllBe(line => line.Level == LogEventLevel.Warning);
        var hash = service.Services.GetRequiredService<LogPseudonym>().Of("127.0.0.1");
        lines[0].RenderMessage(CultureInfo.InvariantCulture).ShouldBe($"Refused a request to the API without a valid key, client \"{hash}\"");
        service.LogText.ShouldNotContain("guess");
    }

    [Fact]
    public async Task Log_NamesTheAddresses_ByTheirHashes_AtDebug()
    {
        await using var service = await StartAsync();

        using var minted = await MintAsync(service, """{"emails":["jane@example.com","nobody","jack@example.com"]}""");

        var hasher = service.Services.GetRequiredService<LogPseudonym>();
        var line = service.Logged(402).ShouldHaveSingleItem();
        line.Level.ShouldBe(LogEventLevel.Debug);
        line.RenderMessage(CultureInfo.InvariantCulture).ShouldContain($"{hasher.Of("jane@example.com")} {hasher.Of("jack@example.com")}\"");
    }

    [Fact]
    public async Task Document_IsForHoldersOfAKey()
    {
        await using var service = await StartAsync();

        using var answer = await service.GetAsync(DocumentPath);

        await answer.ShouldBeProblemAsync("unauthorized", HttpStatusCode.Unauthorized);
    }

    [Fact]
    public async Task Document_NamesThePublicUrl_AsItIsNow()
    {
        await using var service = await StartAsync();

        var first = await DocumentAsync(service);
        service.Change(("LoginLinks:PublicUrl", "https://new.example.com/login"));
        var changed = await DocumentAsync(service);

        ServerOf(first).ShouldBe(PublicUrl);
        ServerOf(changed).ShouldBe("https://new.example.com/login");

        static string? ServerOf(JsonElement document) => document.GetProperty("servers").EnumerateArray().ShouldHaveSingleItem().GetProperty("url").GetString();
    }

    [Fact]
    public async Task Document_IsOpenApi31_AndNamesTheTwoOperations()
    {
        await using var service = await StartAsync();

        var document = await DocumentAsync(service);

        document.GetProperty("openapi").GetString()!.ShouldStartWith("3.1.");
        document.GetProperty("paths").EnumerateObject().Select(path => (path.Name, path.Value.EnumerateObject().ShouldHaveSingleItem().Name)).ShouldBe([(Path, "post"), ($"{Path}/explain", "post")]);
        document.GetProperty("paths").EnumerateObject().Select(path => path.Value.GetProperty("post").GetProperty("operationId").GetString()).ShouldBe(["mintLoginLinks", "explainLoginLink"]);
        document.GetProperty("security").EnumerateArray().ShouldHaveSingleItem().TryGetProperty("apiKey", out _).ShouldBeTrue();
        document.GetProperty("components").GetProperty("securitySchemes").GetProperty("apiKey").GetProperty("scheme").GetString().ShouldBe("bearer");
    }

    /// <summary>The document is written by hand, so each answer that it lists is provoked, and held to its schema; and there is no other.</summary>
    [Theory]
    [InlineData(Path, """{"emails":["jane@example.com", null]}""", """{"emails":[]}""")]
    [InlineData($"{Path}/explain", """{"link":"email=jane%40example.com&exp=1&kid=mail1&sig=0"}""", """{"link":""}""")]
    public async Task Document_ListsEveryAnswer_AsTheServiceGivesIt(string path, string body, string ofAnotherShape)
    {
        await using var service = await StartAsync(null, ("RateLimits:PerApiKey:Permits", "7"), ("RateLimits:PerApiKey:Window", "01:00:00"));
        var document = await DocumentAsync(service);
        var listed = document.GetProperty("paths").GetProperty(path).GetProperty("post").GetProperty("responses");
        var schemas = new JsonSchema(document);
        var seen = new List<string>();

        await SeeAsync(body);
        await SeeAsync("{");
        await SeeAsync(body, authorization: null);
        await SeeAsync($"{{\"{new string('x', 2 * 1024 * 1024)}\":0}}");
        await SeeAsync(body, contentType: "text/plain");
        await SeeAsync(ofAnotherShape);
        if (path == Path)
        {
            service.Change(("LoginLinks:Keys:mail1:NotAfter", "2020-01-01T00:00:00Z"));
            await SeeAsync(body);
        }

        while (seen[^1] != "429")
        {
            await SeeAsync(body);
        }

        seen.Distinct().Order().ShouldBe(listed.EnumerateObject().Select(response => response.Name).Order());

        async Task SeeAsync(string text, string? authorization = $"Bearer {MailerKey}", string contentType = "application/json")
        {
            using var content = new StringContent(text, Encoding.UTF8, contentType);
            using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
            request.Headers.ExpectContinue = true;
            if (authorization is not null)
            {
                request.Headers.TryAddWithoutValidation("Authorization", authorization);
            }

            using var answer = await service.Client.SendAsync(request);

            var status = $"{(int)answer.StatusCode}";
            seen.Add(status);
            var schema = listed.GetProperty(status).GetProperty("content").GetProperty(answer.Content.Headers.ContentType!.MediaType!).GetProperty("schema");
            schemas.FindMistakes(schema, await answer.Content.ReadFromJsonAsync<JsonElement>()).ShouldBeEmpty(status);
        }
    }

    [Theory]
    [InlineData(Path)]
    [InlineData($"{Path}/explain")]
    public async Task Document_HasExamples_ThatTheServiceTakesAndGives(string path)
    {
        await using var service = await StartAsync();
        var document = await DocumentAsync(service);
        var operation = document.GetProperty("paths").GetProperty(path).GetProperty("post");
        var request = operation.GetProperty("requestBody").GetProperty("content").GetProperty("application/json");
        var response = operation.GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json");

        using var content = new StringContent(request.GetProperty("example").GetRawText(), Encoding.UTF8, "application/json");
        using var message = new HttpRequestMessage(HttpMethod.Post, path) { Content = content };
        message.Headers.TryAddWithoutValidation("Authorization", $"Bearer {MailerKey}");
        using var answer = await service.Client.SendAsync(message);

        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        var given = await answer.Content.ReadFromJsonAsync<JsonElement>();
        ShapeOf(given).ShouldBe(ShapeOf(response.GetProperty("example")));
        var schemas = new JsonSchema(document);
        schemas.FindMistakes(request.GetProperty("schema"), request.GetProperty("example")).ShouldBeEmpty();
        schemas.FindMistakes(response.GetProperty("schema"), response.GetProperty("example")).ShouldBeEmpty();
        schemas.FindMistakes(response.GetProperty("schema"), given).ShouldBeEmpty();
        if (path.EndsWith("explain", StringComparison.Ordinal))
        {
            given.GetRawText().ShouldBe(JsonSerializer.Serialize(response.GetProperty("example"), JsonSerializerOptions.Web));
        }
    }

    [Fact]
    public async Task Document_HasALink_InItsExample()
    {
        await using var service = await StartAsync();
        var document = await DocumentAsync(service);

        var example = document.GetProperty("paths").GetProperty(Path).GetProperty("post").GetProperty("responses").GetProperty("200").GetProperty("content").GetProperty("application/json").GetProperty("example");
        var link = example.GetProperty("links")[0];
        var parsed = LinkSigner.Parse(LinkSigner.FieldsOf(new Uri(link.GetProperty("url").GetString()!).Query)).ShouldNotBeNull();
        parsed.EmailText.ShouldBe(link.GetProperty("email").GetString());
        parsed.ExpiresAt.ShouldBe(link.GetProperty("expiresAt").GetDateTimeOffset());
    }

    [Fact]
    public void Options_NameEveryMistake_WithItsFix()
    {
        var options = new ApiOptions
        {
            Keys =
            {
                ["good"] = new ApiKeySettings { Secret = MailerKey, Kid = "mail1" },
                ["short"] = new ApiKeySettings { Secret = new string('x', 31), Kid = "mail1" },
                ["bytes"] = new ApiKeySettings { Secret = new string('ë', 16), Kid = "mail1" },
                ["empty"] = new ApiKeySettings(),
                ["other"] = new ApiKeySettings { Secret = ShopKey, Kid = "gone" },
            },
        };

        Mistakes(options, ("LoginLinks:Keys:mail1:Confirm", "true")).ShouldBe([
            "Api:Keys:short:Secret: has fewer than 32 bytes. Make one with: openssl rand -hex 32",
            "Api:Keys:bytes:Secret: repeats itself, so it is not random. Make one with: openssl rand -hex 32",
            "Api:Keys:empty:Secret: has fewer than 32 bytes. Make one with: openssl rand -hex 32",
            "Api:Keys:empty:Kid: must be the id of the key in LoginLinks:Keys that its links are signed with.",
            "Api:Keys:other:Kid: there is no key LoginLinks:Keys:gone.",
        ]);
    }

    [Fact]
    public void Options_HaveNoMistake_WhenThereIsNoKey() => Mistakes(new ApiOptions()).ShouldBeEmpty();

    private static IEnumerable<string> Mistakes(ApiOptions options, params (string Key, string? Value)[] settings) => new ApiOptionsValidator(
        new ConfigurationBuilder().AddInMemoryCollection(settings.Select(setting => KeyValuePair.Create(setting.Key, setting.Value))).Build()).FindFailures(options).Select(failure => failure.ToString());

    private static Task<Service> StartAsync(TimeProvider? time = null, params (string Key, string Value)[] settings) =>
        Service.StartAsync(firmhouse: null, time, [.. TwoKeys, .. settings]);

    private static async Task<HttpResponseMessage> MintAsync(
        Service service, string body, string? authorization = $"Bearer {MailerKey}", string? contentType = "application/json")
    {
        using var content = new StringContent(body);
        content.Headers.ContentType = contentType is null ? null : new MediaTypeHeaderValue(contentType, "utf-8");
        return await SendAsync(service, content, authorization);
    }

    private static async Task<HttpResponseMessage> SendAsync(Service service, HttpContent content, string? authorization)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, Path) { Content = content };
        if (authorization is not null)
        {
            request.Headers.TryAddWithoutValidation("Authorization", authorization);
        }

        return await service.Client.SendAsync(request);
    }

    private static async Task<MintedLink[]> LinksAsync(HttpResponseMessage answer)
    {
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        return [.. (await answer.Content.ReadFromJsonAsync<MintedLinks>())!.Links];
    }

    private static async Task<JsonElement> DocumentAsync(Service service)
    {
        using var answer = await service.SendAsync(HttpMethod.Get, DocumentPath, ("Authorization", $"Bearer {MailerKey}"));
        answer.StatusCode.ShouldBe(HttpStatusCode.OK);
        answer.Content.Headers.ContentType!.MediaType.ShouldBe("application/json");
        return await answer.Content.ReadFromJsonAsync<JsonElement>();
    }

    /// <summary>The names and kinds in a value, without what it says.</summary>
    private static string ShapeOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.Object => $"{{{string.Join(',', value.EnumerateObject().Select(property => $"{property.Name}:{ShapeOf(property.Value)}"))}}}",
        JsonValueKind.Array => $"[{string.Join(',', value.EnumerateArray().Select(ShapeOf))}]",
        _ => value.ValueKind.ToString(),
    };

    /// <summary>As much of JSON Schema as the document uses.</summary>
    private sealed class JsonSchema(JsonElement document)
    {
        public IEnumerable<string> FindMistakes(JsonElement schema, JsonElement value, string path = "$")
        {
            if (schema.TryGetProperty("$ref", out var reference))
            {
                schema = reference.GetString()!.Split('/').Skip(1).Aggregate(document, (element, name) => element.GetProperty(name));
            }

            if (!TypesOf(schema).Contains(TypeOf(value)))
            {
                yield return $"{path}: {TypeOf(value)} is none of {string.Join(", ", TypesOf(schema))}";
            }
            else if (value.ValueKind == JsonValueKind.Array)
            {
                foreach (var mistake in value.EnumerateArray().SelectMany((item, i) => FindMistakes(schema.GetProperty("items"), item, $"{path}[{i}]")))
                {
                    yield return mistake;
                }
            }
            else if (value.ValueKind == JsonValueKind.Object)
            {
                foreach (var mistake in FindMistakesInObject(schema, value, path))
                {
                    yield return mistake;
                }
            }
            else if (schema.TryGetProperty("format", out var format) && format.GetString() == "date-time" && value.ValueKind == JsonValueKind.String && !value.TryGetDateTimeOffset(out _))
            {
                yield return $"{path}: is no date-time";
            }
        }

        private static string[] TypesOf(JsonElement schema) =>
            schema.GetProperty("type") is { ValueKind: JsonValueKind.Array } several ? [.. several.EnumerateArray().Select(type => type.GetString()!)] : [schema.GetProperty("type").GetString()!];

        private static string TypeOf(JsonElement value) => value.ValueKind == JsonValueKind.Number ? "integer" : value.ValueKind.ToString().ToLowerInvariant();

        private IEnumerable<string> FindMistakesInObject(JsonElement schema, JsonElement value, string path)
        {
            var properties = schema.GetProperty("properties");
            foreach (var property in value.EnumerateObject())
            {
                // What problems have beyond the standard's members (RFC 9457 §3.2) needs no schema.
                if (properties.TryGetProperty(property.Name, out var known))
                {
                    foreach (var mistake in FindMistakes(known, property.Value, $"{path}.{property.Name}"))
                    {
                        yield return mistake;
                    }
                }
                else if (property.Name != "traceId")
                {
                    yield return $"{path}.{property.Name}: is not described";
                }
            }

            if (schema.TryGetProperty("required", out var required))
            {
                foreach (var missing in required.EnumerateArray().Where(name => !value.TryGetProperty(name.GetString()!, out _)))
                {
                    yield return $"{path}.{missing.GetString()}: is missing";
                }
            }
        }
    }
}
