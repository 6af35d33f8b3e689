using System.Reflection;
using System.Text.RegularExpressions;
using Firmhouse.Testing;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests;

/// <summary>
/// The layout: slices do not know one another, and one file knows them all. Read from the sources, since constants and
/// <c>nameof</c> leave no trace in an assembly.
/// </summary>
public sealed partial class ConventionTests
{
    private static readonly string[] Slices = ["Login", "LoginLinks", "EmailLogin", "SignIn", "Support"];

    private static readonly string Root = Repository.PathOf();

    public static TheoryData<string> Sources => [.. Directory.EnumerateFiles(Path.Combine(Root, "src", "Firmhouse.SscLogin"), "*.*", SearchOption.AllDirectories)
        .Select(file => Path.GetRelativePath(Path.Combine(Root, "src", "Firmhouse.SscLogin"), file).Replace('\\', '/'))
        .Where(file => Path.GetExtension(file) is ".cs" or ".razor" && !file.StartsWith("bin/", StringComparison.Ordinal) && !file.StartsWith("obj/", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Sources))]
    public void Source_KnowsNoSliceButItsOwn(string file)
    {
        var folder = file.Split('/') is [var first, _, ..] ? first : string.Empty;

        // The file that wires the slices, and the commands.
        if (file is "SscLoginApp.cs" or "SupportDeskApp.cs" or "Program.cs" || folder == "Commands")
        {
            return;
        }

        // A login is about its link, and a sign-in hands its address to a login.
        SlicesNamedIn(file).Where(slice => slice != folder && (folder, slice) is not (("Login", "LoginLinks") or ("SignIn", "Login"))).ShouldBeEmpty($"{file} must not know them");
    }

    [Fact]
    public void SscLoginApp_KnowsTheSlices()
    {
        // So that the test above cannot pass because it finds nothing anywhere.
        SlicesNamedIn("SscLoginApp.cs").Concat(SlicesNamedIn("SupportDeskApp.cs")).Order(StringComparer.Ordinal).ShouldBe(
            Slices.Where(slice => Directory.Exists(Path.Combine(Root, "src", "Firmhouse.SscLogin", slice))).Order(StringComparer.Ordinal));
    }

    [Theory]
    [InlineData("src/Firmhouse.SscLogin", "Firmhouse.SscLogin")]
    [InlineData("src/Firmhouse.Sandbox", "Firmhouse.Sandbox")]
    [InlineData("tests/Firmhouse.SscLogin.Tests", "Firmhouse.SscLogin.Tests")]
    public void Namespaces_MatchFolders(string project, string root)
    {
        var directory = Path.Combine(Root, project);
        foreach (var file in SourcesOf(directory))
        {
            var folder = Path.GetDirectoryName(Path.GetRelativePath(directory, file))!.Replace('\\', '/').Replace('/', '.');
            var declared = Declaration().Matches(File.ReadAllText(file)).Select(match => match.Groups["name"].Value).ToArray();

            // Top-level statements have none, nor may what the runtime calls.
            declared.ShouldAllBe(name => name == (folder.Length == 0 ? root : $"{root}.{folder}"), file);
            (declared.Length == 1 || Path.GetFileName(file) is "Program.cs" or "StartupHook.cs").ShouldBeTrue(file);
        }
    }

    [Fact]
    public void Nothing_ButTheClientAndItsOwnTests_KnowsTheImplementationOfTheClient()
    {
        foreach (var file in new[] { "src", "tests" }.SelectMany(folder => SourcesOf(Path.Combine(Root, folder))))
        {
            var path = Path.GetRelativePath(Root, file).Replace('\\', '/');
            if (!path.StartsWith("src/Firmhouse.Client/", StringComparison.Ordinal) && !(path.StartsWith("tests/", StringComparison.Ordinal) && path.Contains("/BuiltIn/", StringComparison.Ordinal)))
            {
                File.ReadAllText(file).ShouldNotContain("Client" + ".BuiltIn", customMessage: path);
            }
        }
    }

    [Fact]
    public void Nothing_ButTheClient_ImplementsTheInterfacesOfTheClient()
    {
        // The package's interfaces have more members than the built-in ones.
        var implementations = new[] { typeof(SscLoginApp).Assembly, typeof(Firmhouse.Sandbox.FirmhouseStandIn).Assembly, typeof(ConventionTests).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => Array.Exists(type.GetInterfaces(), known => known.Namespace is "StrawberryShake" or "Firmhouse.Client"));

        implementations.ShouldBeEmpty();
    }

    [Fact]
    public void LogEvents_HaveIdsOfTheirOwn()
    {
        var ids = typeof(SscLoginApp).Assembly.GetTypes()
            .SelectMany(type => type.GetMethods(BindingFlags.Instance | BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            .Select(method => method.GetCustomAttribute<LoggerMessageAttribute>())
            .OfType<LoggerMessageAttribute>()
            .Select(message => message.EventId)
            .ToArray();

        ids.Length.ShouldBeGreaterThan(5);
        ids.ShouldAllBe(id => id > 0);
        ids.ShouldBeUnique();
    }

    [Fact]
    public void Tests_ThatStartTheService_AreOfTheirCategory()
    {
        // So that all of them are run against what is published, too.
        var starting = SourcesOf(Path.Combine(Root, "tests", "Firmhouse.SscLogin.Tests"))
            .Where(file => file.EndsWith("Tests.cs", StringComparison.Ordinal) && StartOfTheService().IsMatch(File.ReadAllText(file))).ToArray();

        starting.Length.ShouldBeGreaterThan(5);
        starting.Where(file => !File.ReadAllText(file).Contains("""[Trait("Category", "Process")]""", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static IEnumerable<string> SlicesNamedIn(string file)
    {
        var text = File.ReadAllText(Path.Combine(Root, "src", "Firmhouse.SscLogin", file));

        // In full, or as far as a type in Firmhouse.SscLogin may leave it out.
        return Slices.Where(slice => Regex.IsMatch(
            text, $@"Firmhouse\.SscLogin\.{slice}(?![A-Za-z0-9])|(?<![A-Za-z0-9.:""]){slice}\.[A-Z]", RegexOptions.None, TimeSpan.FromSeconds(10)));
    }

    private static IEnumerable<string> SourcesOf(string directory) => Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b((Service|Sign)Process|ServiceProgram)\.[A-Z]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StartOfTheService();
}
