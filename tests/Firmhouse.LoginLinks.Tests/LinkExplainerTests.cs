using System.Text.Json;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.LoginLinks.Tests;

/// <summary>Each mistake made by a real signer, one of the snippets with the mistake put in, and the sentence that tells it.</summary>
public sealed class LinkExplainerTests : IDisposable
{
    private const string Email = "Jane+Box@example.com";
    private const string Secret = "0a1b2c3d4e5f60718293a4b5c6d7e8f90a1b2c3d4e5f60718293a4b5c6d7e8f9";
    private const string OtherSecret = "another-signers-secret-with-enough-bytes";

    private static readonly Dictionary<string, LoginLinkKey> Keys = new(StringComparer.Ordinal)
    {
        ["shop1"] = new("shop1", Secret) { MaxLifetime = TimeSpan.FromHours(1) },
        ["mail1"] = new("mail1", OtherSecret) { MaxLifetime = TimeSpan.FromDays(7) },
        ["expired"] = new("expired", Secret) { MaxLifetime = TimeSpan.FromHours(1), NotAfter = DateTimeOffset.UnixEpoch },
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("explain-");

    public void Dispose() => _folder.Delete(recursive: true);

    [RequiresFact("node")]
    public async Task Explain_TellsEachMistake_OfASignerInNode()
    {
        const string Message = "`ssc-login:v1:shop1:${exp}:${email}`", Seconds = "Math.floor(Date.now() / 1000) + 3600", Hex = "digest('hex')", Key = "process.env.SSC_LOGIN_SECRET";
        Mistake[] mistakes =
        [
            new("", "", null, "The link is valid until "),

            // What is signed.
            new(":${email}`", ":${encodeURIComponent(email)}`", "wrong-signature", "The address was signed percent-encoded."),
            new(":${email}`", ":${email.toLowerCase()}`", "wrong-signature", "The address was lower-cased for the message, and not for the link."),
            new("encodeURIComponent(email)", "encodeURIComponent(email.toLowerCase())", "wrong-signature", "The address was signed with capitals that it does not have in the link."),
            new(":${email}`", ":${email.replace('+', ' ')}`", "wrong-signature", "The address was signed with a space in place of its +."),
            new(":${email}`", ":${email}\\n`", "wrong-signature", "A line break at the end of the message, or of the address, was signed."),
            new(":${email}`", ":${email}\\r\\n`", "wrong-signature", "A CR LF at the end of the message, or of the address, was signed."),
            new("const exp", "email += '\\n'; const exp", "no-address", "The signed address ends in a line break."),
            new("const exp", "email += '\\r\\n'; const exp", "no-address", "The signed address ends in a line break."),
            new("v1:shop1:$", "v1:$", "wrong-signature", "The key's id is missing in the message."),
            new("v1:shop1:$", "v1:mail1:$", "wrong-signature", "The message names the key mail1, and the link shop1."),
            new("ssc-login:v1:shop1:$", "shop1:$", "wrong-signature", "The message does not begin with ssc-login:v1:."),
            new("${exp}:${email}", "${email}:${exp}", "wrong-signature", "The fields were signed in another order."),
            new(Message, "['ssc-login', 'v1', 'shop1', exp, email].join('\\r\\n')", "wrong-signature", "The fields were signed with something other than a colon between them."),
            new(Message, "`email=${encodeURIComponent(email)}&exp=${exp}&kid=shop1`", "wrong-signature", "The link's query was signed."),
            new(":${exp}:", ":${exp * 1000}:", "wrong-signature", "exp was signed in milliseconds, and stands in the link in seconds."),
            new($"update({Message})", $"update({Message}, 'utf16le')", "wrong-signature", "The message was signed in another encoding than UTF-8."),

            // What it is signed with.
            new(Key, $"Buffer.from({Key}, 'hex')", "wrong-signature", "The secret was decoded from hex."),
            new(Key, $"Buffer.from({Key}, 'base64')", "wrong-signature", "The secret was decoded from Base64."),
            new(Key, $"{Key} + '\\n'", "wrong-signature", "The signer's secret ends in a line break."),
            new(Key, $"{Key} + '\\r\\n'", "wrong-signature", "The signer's secret ends in CR LF."),
            new(Key, $"'\\ufeff' + {Key}", "wrong-signature", "The signer's secret begins with a byte order mark."),
            new(Key, $"JSON.stringify({Key})", "wrong-signature", "The signer's secret has quotes around it."),
            new(Key, $"'{OtherSecret}'", "wrong-signature", "The link names the key shop1, and is signed with the secret of mail1."),
            new(Key, "'nobody knows this one'", "wrong-signature", "The signature was made with a different secret, or over a different message."),
            new($"createHmac('sha256', {Key}).update({Message})", $"createHmac('sha256', {Message}).update({Key})", "wrong-signature", "Secret and message were swapped: the message was the key."),

            // Two at once: the first of them.
            new($"{Key}).update({Message})", $"{Key} + '\\n').update({Message} + '\\n')", "wrong-signature", "The signer's secret ends in a line break."),

            // What stands in the link.
            new(Hex, "digest('base64')", "malformed-sig", "sig is in Base64."),
            new(Hex, "digest('base64url')", "malformed-sig", "sig is in Base64."),
            new(Hex, "digest('hex').slice(0, 60)", "malformed-sig", "sig is truncated: it has 60 of 64 hex digits."),
            new("createHmac('sha256'", "createHmac('sha1'", "malformed-sig", "sig has 40 hex digits, as SHA-1 makes them."),
            new("createHmac('sha256'", "createHmac('sha512'", "malformed-sig", "sig has 128 hex digits, as SHA-384 and SHA-512 make them."),
            new(Hex, "digest('hex').toUpperCase()", null, "The link is accepted, but its sig is in capitals."),
            new("${encodeURIComponent(email)}&", "${email}&", null, "The link is accepted, but the + of its address is not encoded, and arrives as a space."),
            new("${encodeURIComponent(email)}&", "${encodeURIComponent(encodeURIComponent(email))}&", null, "The link is accepted, but its address is percent-encoded twice."),
            new("&exp=${exp}&kid=shop1&sig", "&amp;exp=${exp}&amp;kid=shop1&amp;sig", null, "The link is accepted, but it has &amp; between its parameters."),
            new("&sig=${sig}", "&sig=${sig}?utm_source=x", null, "The link is accepted, but one of its values has extra characters around it."),
            new("&kid=shop1", "&kid=shop1&kid=shop1", null, "The link is accepted, but it has the parameter kid twice."),
            new("&kid=shop1", "&kid=shop1&kid=mail1", "two-values", "The link has the parameter kid twice, with two values."),
            new("&kid=shop1", "", "missing-kid", "The link has no kid."),
            new("&kid=shop1", "#&kid=shop1", "missing-kid", "The link has a # before its end, and browsers do not send what follows it."),
            new("&exp=${exp}&kid=shop1&sig=${sig}", "", null, "The link has an address alone, which proves nothing.", "proof-required"),
            new("&exp=", "&exp=3D", "malformed-exp", "The link is still quoted-printable encoded: each = appears as =3D."),

            // Which key.
            new("&kid=shop1", "&kid=Shop1", "malformed-kid", "kid has capitals."),
            new("&kid=shop1", "&kid=shop2", "unknown-key", "The link names the key shop2, which does not exist, and is signed with the secret of shop1."),
            new("shop1", "shop2", "unknown-key", "The link names the key shop2, which does not exist, and is signed with the secret of shop1."),
            new("shop1", "expired", "expired-key", "The key expired has expired: its NotAfter has passed."),

            // When.
            new(Seconds, "Date.now() + 3600000", "malformed-exp", "exp is in milliseconds."),
            new(Seconds, "Date.now() / 1000 + 3600.5", "malformed-exp", "exp has a fraction."),
            new(Seconds, "new Date().toISOString()", "malformed-exp", "exp"),
            new(Seconds, $"{Seconds} + 5400", "too-far-ahead", "exp lies 90 min further ahead than the key shop1 allows, which is 60 min: the signer's clock is ahead, or it adds too long a lifetime.", "link-expired"),
            new(Seconds, $"{Seconds} + 10 * 86400", "too-far-ahead", "exp lies 10 days 1 h ahead, and the key shop1 allows 60 min.", "link-expired"),
            new(Seconds, $"{Seconds} - 3 * 3600", "past", "exp was 2 h ago.", "link-expired"),
        ];

        // All of them in one process, since they are many.
        await ShouldTellAsync("node.mjs", mistakes, async files => (await RunAsync("node", [
            "--input-type=module", "--eval",
            "const [email, ...files] = process.argv.slice(1); for (const file of files) console.log((await import(file)).loginLink(email));",
            Email, .. files])).TrimEnd().Split('\n'));
    }

    [RequiresFact("python3")]
    public Task Explain_TellsEachMistake_OfASignerInPython() => ShouldTellAsync(
        "link.py",
        [
            new("", "", null, "The link is valid until "),
            new("{email}'", "{quote(email)}'", "wrong-signature", "The address was signed percent-encoded."),
            new("os.environ['SSC_LOGIN_SECRET'].encode()", "bytes.fromhex(os.environ['SSC_LOGIN_SECRET'])", "wrong-signature", "The secret was decoded from hex."),
            new("int(time.time()) + 3600", "int(time.time() * 1000) + 3600000", "malformed-exp", "exp is in milliseconds."),
            new(".hexdigest()", ".digest().hex().upper()", null, "The link is accepted, but its sig is in capitals."),
            new("hmac.new(os.environ['SSC_LOGIN_SECRET'].encode(), message.encode(), hashlib.sha256)", "hashlib.sha256((os.environ['SSC_LOGIN_SECRET'] + message).encode())", "wrong-signature", "sig is a hash of secret and message, and not an HMAC."),
        ],
        files => RunEachAsync(files, static file => ("python3", ["-c", "import runpy, sys; print(runpy.run_path(sys.argv[1])['login_link'](sys.argv[2]))", file, Email])));

    [RequiresFact("php")]
    public Task Explain_TellsEachMistake_OfASignerInPhp() => ShouldTellAsync(
        "link.php",
        [
            new("", "", null, "The link is valid until "),
            new("$exp:$email\"", "$exp:\" . urlencode($email)", "wrong-signature", "The address was signed percent-encoded."),
            new("getenv('SSC_LOGIN_SECRET'))", "hex2bin(getenv('SSC_LOGIN_SECRET')))", "wrong-signature", "The secret was decoded from hex."),
            new("$sig = hash_hmac('sha256', \"ssc-login:v1:shop1:$exp:$email\", getenv('SSC_LOGIN_SECRET'))", "$sig = urlencode(base64_encode(hash_hmac('sha256', \"ssc-login:v1:shop1:$exp:$email\", getenv('SSC_LOGIN_SECRET'), true)))", "malformed-sig", "sig is in Base64."),
            new("\"ssc-login:v1:shop1:$exp:$email\"", "htmlspecialchars(\"ssc-login:v1:shop1:$exp:$email\") . PHP_EOL", "wrong-signature", "A line break at the end of the message, or of the address, was signed."),
        ],
        files => RunEachAsync(files, static file => ("php", ["-r", "require $argv[1]; echo login_link($argv[2]), \"\\n\";", "--", file, Email])));

    [RequiresFact("ruby")]
    public Task Explain_TellsEachMistake_OfASignerInRuby() => ShouldTellAsync(
        "link.rb",
        [
            new("", "", null, "The link is valid until "),
            new("#{exp}:#{email}\"", "#{exp}:#{ERB::Util.url_encode(email)}\"", "wrong-signature", "The address was signed percent-encoded."),
            new("ENV.fetch('SSC_LOGIN_SECRET')", "[ENV.fetch('SSC_LOGIN_SECRET')].pack('H*')", "wrong-signature", "The secret was decoded from hex."),
            new(":#{email}\"", ":#{email.downcase}\"", "wrong-signature", "The address was lower-cased for the message, and not for the link."),
        ],
        files => RunEachAsync(files, static file => ("ruby", ["-r", file, "-e", "puts login_link(ARGV[0])", Email])));

    [RequiresFact("sh", "openssl")]
    public Task Explain_TellsEachMistake_OfASignerInAShell() => ShouldTellAsync(
        "openssl.sh",
        [
            new("", "", null, "The link is valid until "),
            new("printf 'ssc-login:v1:shop1:%s:%s' \"$exp\" \"$1\"", "echo \"ssc-login:v1:shop1:$exp:$1\"", "wrong-signature", "A line break at the end of the message, or of the address, was signed."),
            new("-hmac \"$SSC_LOGIN_SECRET\"", "-mac HMAC -macopt hexkey:\"$SSC_LOGIN_SECRET\"", "wrong-signature", "The secret was decoded from hex."),
            new("email=$(printf '%s' \"$1\"", "email=$(echo \"$1\"", null, "The link is accepted, but its address has extra characters around it that were not signed."),
        ],
        files => RunEachAsync(files, static file => ("sh", [file, Email])));

    [Theory]
    [InlineData("", "This is not a login link: it has none of email, exp, kid and sig.")]
    [InlineData("https://login.example.com/ssc-login", "This is not a login link: it has none of email, exp, kid and sig.")]
    [InlineData("https://login.example.com/ssc-login?utm_source=x", "This is not a login link: it has none of email, exp, kid and sig.")]
    [InlineData("https://example.com:99999/?email=a%40b", "The link has an address alone, which proves nothing.")]
    [InlineData("?sig=x", "The link has no email.")]
    [InlineData("email=a%40b&exp=1&kid=none&sig=0000000000000000000000000000000000000000000000000000000000000000", "There is no key none; there are expired, mail1, shop1.")]
    public void Explain_TakesWhateverItIsGiven(string text, string finding) => Explain(text).Finding.ShouldBe(finding);

    [Fact]
    public void Explain_NamesTheMessage_AsTheServiceExpectsIt()
    {
        var expires = TimeProvider.System.GetUtcNow().AddMinutes(30).ToUnixTimeSeconds();

        var explanation = Explain($"https://login.example.com/ssc-login?email=jane%2Bbox%40example.com&exp={expires}&kid=shop1&sig={new string('0', 64)}");

        explanation.Message.ShouldBe($"ssc-login:v1:shop1:{expires}:jane+box@example.com");
    }

    /// <summary>What scanners and trackers make of a link that carries it whole, each as they write it.</summary>
    public static TheoryData<string, string> Wrapped => new()
    {
        { "eur01.safelinks.protection.outlook.com", "https://eur01.safelinks.protection.outlook.com/?url={link}&data=05%7C02%7Cjane%40example.com%7C0a1b&sdata=x%3D&reserved=0" },
        { "www.google.com", "https://www.google.com/url?q={link}&sa=D&source=gmail&ust=1&usg=A" },
        { "linkprotect.cudasvc.com", "https://linkprotect.cudasvc.com/url?a={link}&c=E,1,abc&typo=1" },
        { "secure-web.cisco.com", "https://secure-web.cisco.com/1aB-c_d/{link}" },
        { "urldefense.proofpoint.com", "https://urldefense.proofpoint.com/v1/url?u={link}&k=abc%3D" },
        { "urldefense.proofpoint.com", "https://urldefense.proofpoint.com/v2/url?u={v2}&d=DwMFaQ&c=abc&r=def&m=ghi&s=jkl&e=" },
        { "urldefense.com", "https://urldefense.com/v3/__{v3}__;JSU!!abc!def$" },
        { "urldefense.com", "https://urldefense.com/v3/__{v3 with one slash}__;JSU!!abc!def$" },
        { "click.example.net", "https://click.example.net/t/abc?p=1&email=jane%40example.com&u={link}" },
        { "a.example.net and b.example.net", "https://a.example.net/?url=https%3A%2F%2Fb.example.net%2F%3Furl%3D{twice}" },
    };

    [Theory]
    [MemberData(nameof(Wrapped))]
    public void Explain_TakesALinkOut_OfWhatAScannerHasPutAroundIt(string wrapper, string text)
    {
        var link = Link("jane+box@example.com");
        var escaped = Uri.EscapeDataString(link);
        var wrapped = text.Replace("{link}", escaped, StringComparison.Ordinal)
            .Replace("{twice}", Uri.EscapeDataString(escaped), StringComparison.Ordinal)
            .Replace("{v2}", link.Replace("-", "-2D", StringComparison.Ordinal).Replace("_", "-5F", StringComparison.Ordinal).Replace("%", "-25", StringComparison.Ordinal)
                .Replace(":", "-3A", StringComparison.Ordinal).Replace("?", "-3F", StringComparison.Ordinal).Replace("=", "-3D", StringComparison.Ordinal)
                .Replace("&", "-26", StringComparison.Ordinal).Replace('/', '_'), StringComparison.Ordinal)
            .Replace("{v3}", link.Replace('%', '*'), StringComparison.Ordinal)
            .Replace("{v3 with one slash}", link.Replace('%', '*').Replace("://", ":/", StringComparison.Ordinal), StringComparison.Ordinal);

        var explanation = Explain(wrapped);

        explanation.Finding.ShouldStartWith($"The link is wrapped by {wrapper}, as mail scanners and click trackers do. Inside: The link is valid until ");
        explanation.Verdict.ShouldBe("valid");
        explanation.Message.ShouldNotBeNull().ShouldEndWith(":jane+box@example.com");

        // What is inside is explained as if it stood alone.
        Explain(wrapped.Replace("shop1", "shop2", StringComparison.Ordinal)).Reason.ShouldBe("unknown-key");
    }

    [Fact]
    public void Explain_ReadsARunOfCharacters_ThatProofpointTookOut()
    {
        var link = Link("ä@example.com").Replace("%C3%A4%40", "**H", StringComparison.Ordinal);

        var explanation = Explain($"https://urldefense.com/v3/__{link}__;{Convert.ToBase64String("%C3%A4%40"u8)}!!abc$");

        explanation.Verdict.ShouldBe("valid");
        explanation.Message.ShouldNotBeNull().ShouldEndWith(":ä@example.com");
    }

    [Theory]
    [InlineData("https://protect-eu.mimecast.com/s/AbCd?domain=login.example.com", "protect-eu.mimecast.com")]
    [InlineData("https://u1.ct.sendgrid.net/ls/click?upn=u001.abc", "u1.ct.sendgrid.net")]
    [InlineData("https://secure-web.cisco.com/1aBc/https%3A%2F%2Flogin.example.com", "secure-web.cisco.com")]
    [InlineData("https://urldefense.com/v3/__https://login.example.com/__;!!abc$", "urldefense.com")]
    [InlineData("https://urldefense.com/v3/__https://login.example.com/__;?!!abc$", "urldefense.com")]
    public void Explain_NamesTheHost_ThatALinkLeadsTo_WhereOnlyThatKnowsWhatIsInside(string text, string host)
    {
        var explanation = Explain(text);

        explanation.Verdict.ShouldBe("proof-required");
        explanation.Finding.ShouldStartWith($"This is not a login link: it leads to {host} and has none of email, exp, kid and sig. A mail scanner or click tracker may have wrapped the link");
    }

    [Fact]
    public void Explain_ReadsNothingLongerThanALink()
    {
        Explain(new string('x', LinkExplainer.MaxLength)).Finding.ShouldBe("This is not a login link: it has none of email, exp, kid and sig.");
        Explain(new string('x', LinkExplainer.MaxLength + 1)).Finding.ShouldBe("This is longer than a login link can be, which is 8192 characters.");
    }

    /// <summary>Nested without end, each layer in two ways.</summary>
    [Fact]
    public void Explain_LooksIntoThreeLayers()
    {
        var text = "https://login.example.com/ssc-login?email=jane%40example.com";
        for (var layer = 0; layer < 3; layer++)
        {
            text = $"https://{(char)('c' - layer)}.example.net/?u={Uri.EscapeDataString(text)}";
        }

        Explain(text).Finding.ShouldBe("The link is wrapped by a.example.net and b.example.net and c.example.net, as mail scanners and click trackers do. Inside: The link has an address alone, which proves nothing.");
        Explain($"https://d.example.net/?u={Uri.EscapeDataString(text)}").Finding.ShouldStartWith("This is not a login link: it leads to d.example.net");
    }

    /// <summary>The worst that a holder of a key can ask for: the address that has the most readings, each as long as can be, and a signature that is none of them.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(300)]
    public void Trials_AreBounded_WhateverTheLinkAndHoweverManyKeys(int keyCount)
    {
        var keys = Enumerable.Range(0, keyCount).Select(i => new LoginLinkKey($"k{i}", $"{i:D16}{Secret[..48]}")).ToDictionary(key => key.Id, StringComparer.Ordinal);
        string[] addresses =
        [
            $"ab cd%2B\"%41{new string('漢', 220)}@例え.example.",
            $"a.b-c d%25{string.Concat(Enumerable.Repeat("a ", 110))}@ex ample.example.",
            $"{new string('&', 230)}%41 b@e.example.",
            $"a b%41@{new string('x', 4000)}.example.",
        ];
        foreach (var address in addresses)
        {
            var query = $"email={Uri.EscapeDataString(address)}&exp=1900000000&kid=k0&sig={new string('0', 64)}";
            var link = LinkSigner.Parse(LinkSigner.FieldsOf(query))!;

            var trials = address.Length > 1000 ? [] : SigningMistakes.Trials(link, query, keys).ToArray();

            trials.Length.ShouldBeLessThanOrEqualTo(SigningMistakes.MaxTrials + (keyCount - 1) * SigningMistakes.MaxTrialsForOtherKey);
            trials.ShouldAllBe(trial => trial.Message.Length < SigningMistakes.MaxMessageLength);
            (address.Length > 1000 || trials.Length > 2000).ShouldBeTrue("a worst case");
            SigningMistakes.Find(link, query, keys).ShouldBe(address.Length > 1000
                ? new SigningMistake("What the link has for an address is longer than an address can be, which is 254 characters.", "Put the customer's address alone into the link, encoded once.")
                : null);
        }
    }

    private static LinkExplanation Explain(string text) => new LinkExplainer(Keys, TimeProvider.System.GetUtcNow()).Explain(text);

    private static string Link(string email) =>
        $"https://login.example.com{LinkSigner.PathOf(LinkSigner.Link(email, TimeProvider.System.GetUtcNow().AddMinutes(30), "shop1", Secret))}";

    private async Task ShouldTellAsync(string snippet, Mistake[] mistakes, Func<string[], Task<string[]>> sign)
    {
        var source = await File.ReadAllTextAsync(Repository.PathOf("tests", "producers", snippet));
        string[] files = [.. mistakes.Select((mistake, i) => Write(mistake, source, Path.Combine(_folder.FullName, $"mistake{i}{Path.GetExtension(snippet)}")))];

        var links = await sign(files);

        links.Length.ShouldBe(mistakes.Length);
        foreach (var (mistake, link) in mistakes.Zip(links))
        {
            var explanation = Explain(link);
            var told = JsonSerializer.Serialize(explanation);
            explanation.Finding.ShouldStartWith(mistake.Finding, customMessage: $"{mistake} {told}");
            explanation.Reason.ShouldBe(mistake.Reason, mistake.ToString());
            explanation.Verdict.ShouldBe(mistake.ExpectedVerdict, mistake.ToString());
            (explanation.Fix is null).ShouldBe(mistake.From.Length == 0, mistake.ToString());
            told.ShouldNotContain(Secret);
            told.ShouldNotContain(OtherSecret);
            told.ShouldNotMatch("[0-9a-fA-F]{64}");
        }
    }

    private static string Write(Mistake mistake, string source, string file)
    {
        var changed = mistake.From.Length == 0 ? source : source.Replace(mistake.From, mistake.To, StringComparison.Ordinal);
        (changed == source).ShouldBe(mistake.From == mistake.To, mistake.ToString());
        File.WriteAllText(file, changed);
        return file;
    }

    private static async Task<string[]> RunEachAsync(string[] files, Func<string, (string Program, string[] Arguments)> run)
    {
        var links = new List<string>();
        foreach (var (program, arguments) in files.Select(run))
        {
            links.Add(await RunAsync(program, arguments));
        }

        return [.. links];
    }

    private static async Task<string> RunAsync(string program, string[] arguments)
    {
        var run = await Executable.RunAsync(program, arguments, "", ("SSC_LOGIN_SECRET", Secret), ("PYTHONUTF8", "1"), ("LC_ALL", "C.UTF-8"));
        run.ExitCode.ShouldBe(0, run.Error);
        return run.Output;
    }

    /// <summary>A mistake in a signer, and what is said about it.</summary>
    private sealed record Mistake(string From, string To, string? Reason, string Finding, string? Verdict = null)
    {
        public string ExpectedVerdict => Verdict ?? Reason switch
        {
            null => "valid",
            "no-address" => "invalid-email",
            _ => "link-invalid",
        };
    }
}
