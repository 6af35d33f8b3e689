using System.CommandLine;
using System.Net.Sockets;
using Firmhouse.Hosting.Settings;

namespace Firmhouse.Hosting.Commands;

/// <summary>The command <c>healthcheck</c>: asks the service in the same container whether it is alive, for images without a shell.</summary>
internal static class HealthcheckCommand
{
    public static Command Create()
    {
        var command = new Command("healthcheck", "Ask the service in this container whether it is alive. Exit code 0: yes, 1: no.");

        // The service's own --key=value settings, since its address may be among them.
        command.TreatUnmatchedTokensAsErrors = false;
        command.SetAction(static (arguments, cancellationToken) => RunAsync([.. arguments.UnmatchedTokens], arguments.InvocationConfiguration.Error, cancellationToken));
        return command;
    }

    private static async Task<int> RunAsync(string[] args, TextWriter error, CancellationToken cancellationToken)
    {
        try
        {
            var (url, unixSocket) = ListenAddress.Health(AppBuilder.Create(args, needsSecrets: false).Configuration);
            using var handler = new SocketsHttpHandler { UseProxy = false };

            // A certificate for the public name cannot match "localhost", and the question is only whether the process answers.
#pragma warning disable CA5359
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
#pragma warning restore CA5359
            if (unixSocket is not null)
            {
                handler.ConnectCallback = (_, cancellation) => ConnectAsync(unixSocket, cancellation);
            }

            using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(5) };
            using var response = await client.GetAsync(url, cancellationToken);
            if (response.IsSuccessStatusCode)
            {
                return 0;
            }

            await error.WriteLineAsync($"{url} answered {(int)response.StatusCode}.");
            return 1;
        }
        catch (Exception exception) when (exception is HttpRequestException or OperationCanceledException or FormatException || StartFailure.IsExpected(exception))
        {
            await error.WriteLineAsync(exception.Message);
            return 1;
        }
    }

    private static async ValueTask<Stream> ConnectAsync(string unixSocket, CancellationToken cancellationToken)
    {
#pragma warning disable CA2000 // The stream owns it; without a connection, the process ends.
        var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
#pragma warning restore CA2000
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(unixSocket), cancellationToken);
        return new NetworkStream(socket, ownsSocket: true);
    }
}
