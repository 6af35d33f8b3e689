using System.Diagnostics;
using System.Net.Sockets;
using System.Security.Cryptography;
using Firmhouse.Hosting.Telemetry;
using Microsoft.Extensions.Options;

namespace Firmhouse.Hosting.Commands;

/// <summary>Explains a failed start to the operator: what is wrong and how to fix it, or, for a bug of ours, where it is.</summary>
internal static class StartFailure
{
    /// <summary>Whether a setting, a file or the machine can cause this exception, so that it is not a bug.</summary>
    public static bool IsExpected(Exception exception) => exception switch
    {
        AggregateException several => several.InnerExceptions.All(IsExpected),
        OptionsValidationException or InvalidDataException or IOException or UnauthorizedAccessException or SocketException or CryptographicException => true,
        _ => IsThrownByServer(exception),
    };

    /// <summary>A first line that says what failed, and one for each reason.</summary>
    /// <param name="heading">What failed, where neither the settings nor their files did.</param>
    public static IReadOnlyList<string> Describe(Exception exception, string heading = "The service cannot start:")
    {
        if (!IsExpected(exception))
        {
            return ["This is a bug. Please report it with these lines:", ExceptionText.Of(exception)];
        }

        string[] mistakes = [.. Flatten(exception).OfType<OptionsValidationException>().SelectMany(failed => failed.Failures)];
        if (mistakes.Length > 0)
        {
            return [$"The configuration has {mistakes.Length} mistake{(mistakes.Length == 1 ? "" : "s")}:", .. mistakes.Select(mistake => $"  - {mistake}")];
        }

        var cause = Flatten(exception)[0];
        return [cause is InvalidDataException ? "A settings file cannot be read:" : heading, $"  - {Sentence(cause)}"];
    }

    // Kestrel throws exceptions of general types for an address or a certificate that an operator has to correct.
    private static bool IsThrownByServer(Exception exception) => new StackTrace(exception).GetFrames().Any(static frame =>
        DiagnosticMethodInfo.Create(frame)?.DeclaringAssemblyName?.StartsWith("Microsoft.AspNetCore.Server.Kestrel", StringComparison.Ordinal) == true);

    private static Exception[] Flatten(Exception exception) => exception is AggregateException several ? [.. several.Flatten().InnerExceptions] : [exception];

    private static string Sentence(Exception cause)
    {
        // The framework's exception says what it could not open or parse; the innermost one says why.
        var inner = cause.GetBaseException();
        var text = inner == cause ? cause.Message : $"{cause.Message} {inner.Message}";
        var line = string.Join(' ', text.Split(['\r', '\n'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
        return (line.EndsWith('.') ? line : $"{line}.") + FixFor(cause as UnauthorizedAccessException ?? inner, text);
    }

    private static string FixFor(Exception inner, string text) => inner switch
    {
        UnauthorizedAccessException => " Let the user that the service runs as read it: in Kubernetes by fsGroup or defaultMode, in Docker by the file's mode.",
        CryptographicException => " Check the certificate's file and Kestrel:Certificates:Default:Password (or that of the endpoint).",
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } => " It is not an address of this machine: use http://*:8080 or one that the machine has.",
        SocketException { SocketErrorCode: SocketError.AccessDenied } => " Ports below 1024 are for root: use one above, such as 8080.",
        NotSupportedException when text.Contains("private key", StringComparison.Ordinal) => " Name the file of the key in Kestrel:Certificates:Default:KeyPath (or that of the endpoint).",
        FileNotFoundException or DirectoryNotFoundException => " Mount the file there, or set the path in the settings.",
        _ when text.Contains("inotify", StringComparison.Ordinal) => " Raise fs.inotify.max_user_instances on the machine, or set DOTNET_USE_POLLING_FILE_WATCHER=1.",
        _ => string.Empty,
    };
}
