using System.Diagnostics;
using Firmhouse.Testing;
using Shouldly;

namespace Firmhouse.SscLogin.Tests.Commands;

/// <summary>The command as it is run: a process with the key in its environment.</summary>
internal static class SignProcess
{
    public static readonly (string Name, string Value)[] OneKey =
    [
        ("LoginLinks__PublicUrl", TestKey.PublicUrl),
        ("LoginLinks__Keys__mail1__Secret", TestKey.Secret),
        ("LoginLinks__Keys__mail1__MaxLifetime", "7.00:00:00"),
    ];

    public static Process Start(params string[] arguments) => Executable.Start(ServiceProgram.FileName, Arguments(arguments), Environment(OneKey));

    public static Task<Run> RunAsync(params string[] arguments) => RunAsync(OneKey, arguments);

    /// <summary>Runs the command. Whatever comes of it, standard error tells nobody a secret or an address.</summary>
    public static async Task<Run> RunAsync((string Name, string Value)[] environment, params string[] arguments)
    {
        var run = await Executable.RunAsync(ServiceProgram.FileName, Arguments(arguments), environment: Environment(environment));
        run.Error.ShouldNotContain(TestKey.Secret);
        run.Error.ShouldNotContain("@");
        run.Error.ShouldNotContain("sig=");
        run.Error.ShouldNotContain("   at ");
        return run;
    }

    private static IEnumerable<string> Arguments(string[] arguments) => ServiceProgram.Arguments(["sign", .. arguments]);

    private static (string Name, string Value)[] Environment((string Name, string Value)[] environment) => [("SECRETS_DIRECTORY", "/nowhere"), ("Firmhouse__Endpoint", "http://localhost/graphql"), .. environment];
}
