using System.Reflection;
using System.Text.RegularExpressions;
using Firmhouse.Client;
using Firmhouse.Hosting;
using Firmhouse.Testing;
using Microsoft.Extensions.Logging;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests;

/// <summary>
/// What the compiler does not hold of the layout. Read from the sources, since constants and <c>nameof</c> leave no trace in an
/// assembly.
/// </summary>
public sealed partial class ConventionTests
{
    private static readonly string[] Slices = ["EmailLogin", "LinkApi", "SignIn", "SingleUse"];

    private static readonly string Root = Repository.PathOf();

    private static readonly Assembly[] Product =
        [typeof(Firmhouse.LoginLinks.LoginLink).Assembly, typeof(AppBuilder).Assembly, typeof(IFirmhouseClient).Assembly, typeof(SscLoginApp).Assembly, typeof(Firmhouse.SupportDesk.SupportDeskApp).Assembly];

    public static TheoryData<string> SliceNames => [.. Slices];

    public static TheoryData<string> Projects => [.. new[] { "src", "tests" }.SelectMany(folder => Directory.EnumerateDirectories(Path.Combine(Root, folder), "Firmhouse.*"))
        .Select(project => Path.GetRelativePath(Root, project))
        .Where(project => !project.EndsWith("Firmhouse.Client", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(SliceNames))]
    public void Slice_KnowsNoOtherSlice(string slice)
    {
        foreach (var file in Directory.EnumerateFiles(Path.Combine(Root, "src", "Firmhouse.SscLogin", slice), "*.*", SearchOption.AllDirectories))
        {
            var text = File.ReadAllText(file);
            Slices.Where(other => other != slice && text.Contains($"Firmhouse.SscLogin.{other}", StringComparison.Ordinal)).ShouldBeEmpty(file);
        }
    }

    [Theory]
    [MemberData(nameof(Projects))]
    public void Namespaces_MatchFolders(string project)
    {
        var root = Path.GetFileName(project);
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
        var implementations = new[] { typeof(SscLoginApp).Assembly, typeof(Firmhouse.SupportDesk.SupportDeskApp).Assembly, typeof(Firmhouse.Sandbox.FirmhouseStandIn).Assembly, typeof(ConventionTests).Assembly }
            .SelectMany(assembly => assembly.GetTypes())
            .Where(type => Array.Exists(type.GetInterfaces(), known => known.Namespace is "StrawberryShake" or "Firmhouse.Client"));

        implementations.ShouldBeEmpty();
    }

    [Fact]
    public void LogEvents_HaveIdsOfTheirOwn()
    {
        var ids = Product.SelectMany(static assembly => assembly.GetTypes())
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
        var starting = SourcesOf(Path.Combine(Root, "tests"))
            .Where(file => file.EndsWith("Tests.cs", StringComparison.Ordinal) && StartOfTheService().IsMatch(File.ReadAllText(file))).ToArray();

        starting.Length.ShouldBeGreaterThan(5);
        starting.Where(file => !File.ReadAllText(file).Contains("""[Trait("Category", "Process")]""", StringComparison.Ordinal)).ShouldBeEmpty();
    }

    private static IEnumerable<string> SourcesOf(string directory) => Directory.EnumerateFiles(directory, "*.cs", SearchOption.AllDirectories)
        .Where(file => !Path.GetRelativePath(Root, file).Split(Path.DirectorySeparatorChar).Any(part => part is "bin" or "obj"));

    [GeneratedRegex(@"^namespace (?<name>[\w.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Declaration();

    [GeneratedRegex(@"\b((Service|Sign)Process|ServiceProgram)\.[A-Z]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex StartOfTheService();
}
