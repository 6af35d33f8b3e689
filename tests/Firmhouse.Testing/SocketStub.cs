using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Firmhouse.Testing;

/// <summary>What a <see cref="SocketStub"/> does with a connection once it has read a request from it.</summary>
internal delegate Task SocketAnswer(Socket connection, CancellationToken stopping);

/// <summary>
/// Stands in for Firmhouse below HTTP, for what a server that keeps to the protocol cannot do. It reads a request and then
/// does to the connection what a test tells it to. The HEAD of the first connection is answered in any case.
/// </summary>
internal sealed class SocketStub : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConcurrentQueue<string> _requests = [];
    private readonly ConcurrentQueue<Task> _tasks = [];
    private readonly SemaphoreSlim _arrived = new(0);

    private SocketStub() => _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));

    /// <summary>What is done after each request that is no HEAD.</summary>
    public SocketAnswer Answer { get; set; } = ResetBeforeHeaders;

    /// <summary>What is done to a connection before anything is read from it; by default nothing.</summary>
    public SocketAnswer Accepted { get; set; } = static (_, _) => Task.CompletedTask;

    /// <summary>The requests as they came, head and body; HEAD requests too.</summary>
    public IReadOnlyList<string> Requests => [.. _requests];

    /// <summary>The requests that are GraphQL calls.</summary>
    public int Calls => _requests.Count(request => request.StartsWith("POST ", StringComparison.Ordinal));

    public Uri Endpoint => new($"http://{_listener.LocalEndPoint}/graphql");

    /// <summary>Listens on a port of its own.</summary>
    public static SocketStub Start(SocketAnswer answer)
    {
        var stub = new SocketStub { Answer = answer };
        stub.Listen();
        return stub;
    }

    /// <summary>Holds a port at which every connection is refused until <see cref="Listen"/>.</summary>
    public static SocketStub Refusing() => new();

    public static Task ResetBeforeHeaders(Socket connection, CancellationToken stopping) => ResetAsync(connection);

    public static async Task ResetInMidHeaders(Socket connection, CancellationToken stopping)
    {
        await SendAsync(connection, Head(1000)[..30], stopping);
        await ResetAsync(connection);
    }

    public static async Task ResetAfterHeaders(Socket connection, CancellationToken stopping)
    {
        await SendAsync(connection, Head(1000), stopping);
        await ResetAsync(connection);
    }

    public static async Task ResetInMidBody(Socket connection, CancellationToken stopping)
    {
        await SendAsync(connection, Head(1000) + FirmhouseServer.LoginToken[..50], stopping);
        await ResetAsync(connection);
    }

    /// <summary>Closes its half of the connection without an answer, and leaves the other half open.</summary>
    public static async Task CloseHalf(Socket connection, CancellationToken stopping)
    {
        connection.Shutdown(SocketShutdown.Send);
        await UntilTheCallerLeavesAsync(connection, stopping);
    }

    public static async Task CloseHalfInMidBody(Socket connection, CancellationToken stopping)
    {
        await SendAsync(connection, Head(1000) + FirmhouseServer.LoginToken[..50], stopping);
        await CloseHalf(connection, stopping);
    }

    public static Task NoHeaders(Socket connection, CancellationToken stopping) => UntilTheCallerLeavesAsync(connection, stopping);

    public static async Task NoBody(Socket connection, CancellationToken stopping)
    {
        await SendAsync(connection, Head(1000), stopping);
        await UntilTheCallerLeavesAsync(connection, stopping);
    }

    /// <summary>Never comes to the end of a JSON document that is well-formed as far as it goes.</summary>
    public static async Task EndlessBody(Socket connection, CancellationToken stopping)
    {
        await SendAsync(connection, "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n\r\n{\"data\":null,\"errors\":[0", stopping);
        var more = string.Concat(Enumerable.Repeat(",0", 8192));
        while (true)
        {
            await SendAsync(connection, more, stopping);
        }
    }

    /// <summary>Sends no HTTP.</summary>
    public static async Task Gibberish(Socket connection, CancellationToken stopping)
    {
        await SendAsync(connection, "220 mail.example.com ESMTP\r\n", stopping);
        connection.Close();
    }

    /// <summary>Answers with a whole login token, each byte in a packet of its own.</summary>
    public static async Task ByteByByte(Socket connection, CancellationToken stopping)
    {
        foreach (var c in Json(FirmhouseServer.LoginToken))
        {
            await SendAsync(connection, c.ToString(), stopping);
        }
    }

    /// <summary>Answers with a whole login token, of which a byte comes each second.</summary>
    public static SocketAnswer ByteBySecond(TimeProvider clock) => async (connection, stopping) =>
    {
        foreach (var c in Json(FirmhouseServer.LoginToken))
        {
            await SendAsync(connection, c.ToString(), stopping);
            await Task.Delay(TimeSpan.FromSeconds(1), clock, stopping);
        }
    };

    /// <summary>Answers like any server.</summary>
    public static SocketAnswer Answering(string body, string status = "200 OK") => (connection, stopping) => SendAsync(connection, Json(body, status), stopping);

    /// <summary>Accepts connections from now on.</summary>
    public void Listen()
    {
        _listener.Listen();
        _tasks.Enqueue(AcceptAsync());
    }

    /// <summary>Waits for the next request, HEAD or not, that no earlier wait was about.</summary>
    public async Task WaitForRequestAsync()
    {
        if (!await _arrived.WaitAsync(Timeouts.Hang))
        {
            throw new TimeoutException("No request came.");
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        _listener.Dispose();
        while (_tasks.TryDequeue(out var task))
        {
            await task;
        }

        _stopping.Dispose();
        _arrived.Dispose();
    }

    private static string Json(string body, string status = "200 OK") => Head(Encoding.UTF8.GetByteCount(body), status) + body;

    private static string Head(int length, string status = "200 OK") => $"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n";

    private static async Task SendAsync(Socket connection, string text, CancellationToken stopping) =>
        await connection.SendAsync(Encoding.UTF8.GetBytes(text), stopping);

    private static Task ResetAsync(Socket connection)
    {
        // To linger for no time is to reset (SO_LINGER, socket(7)).
        connection.LingerState = new LingerOption(enable: true, seconds: 0);
        connection.Close();
        return Task.CompletedTask;
    }

    private static async Task UntilTheCallerLeavesAsync(Socket connection, CancellationToken stopping)
    {
        while (await connection.ReceiveAsync(new byte[1024], stopping) > 0)
        {
        }
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
            {
                _tasks.Enqueue(ServeAsync(await _listener.AcceptAsync(_stopping.Token)));
            }
        }
        catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            // The test is over.
        }
    }

    private async Task ServeAsync(Socket connection)
    {
        using (connection)
        {
            connection.NoDelay = true;
            try
            {
                await Accepted(connection, _stopping.Token);
                while (await ReadRequestAsync(connection) is { } request)
                {
                    _requests.Enqueue(request);
                    _arrived.Release();
                    await (request.StartsWith("HEAD ", StringComparison.Ordinal) ? SendAsync(connection, Head(0), _stopping.Token) : Answer(connection, _stopping.Token));
                }
            }
            catch (Exception exception) when (exception is OperationCanceledException or SocketException or ObjectDisposedException)
            {
                // The caller has gone, the answer was to close the connection, or the test is over.
            }
        }
    }

    private async Task<string?> ReadRequestAsync(Socket connection)
    {
        var request = new StringBuilder();
        var buffer = new byte[16 * 1024];
        while (true)
        {
            var read = await connection.ReceiveAsync(buffer, _stopping.Token);
            if (read == 0)
            {
                return null;
            }

            var text = request.Append(Encoding.Latin1.GetString(buffer, 0, read)).ToString();
            if (text.Split("\r\n\r\n", 2) is [var head, var body] && body.Length >= ContentLength(head))
            {
                return text;
            }
        }
    }

    private static int ContentLength(string head)
    {
        const string Name = "Content-Length:";
        var line = head.Split("\r\n").FirstOrDefault(header => header.StartsWith(Name, StringComparison.OrdinalIgnoreCase));
        return line is null ? 0 : int.Parse(line.AsSpan(Name.Length), CultureInfo.InvariantCulture);
    }
}
