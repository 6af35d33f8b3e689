using System.Net.Sockets;
using System.Text;

namespace Firmhouse.Testing;

/// <summary>Sends a request byte for byte, where <see cref="HttpClient"/> would repair it or refuse to send it.</summary>
internal static class RawHttp
{
    /// <summary>GETs a target that need be no URL.</summary>
    /// <returns>The whole answer.</returns>
    public static Task<string> GetAsync(Uri address, string target) =>
        SendAsync(address, $"GET {target} HTTP/1.1\r\nHost: login.example.com\r\nConnection: close\r\n\r\n");

    /// <summary>POSTs a body.</summary>
    /// <returns>The whole answer.</returns>
    public static Task<string> PostAsync(Uri address, string target, string contentType, string body) => SendAsync(
        address,
        $"POST {target} HTTP/1.1\r\nHost: login.example.com\r\nConnection: close\r\nContent-Type: {contentType}\r\nContent-Length: {Encoding.Latin1.GetByteCount(body)}\r\n\r\n{body}");

    /// <summary>The status of an answer.</summary>
    public static int StatusOf(string answer) => int.Parse(answer.AsSpan("HTTP/1.1 ".Length, 3));

    private static async Task<string> SendAsync(Uri address, string request)
    {
        using var timeout = new CancellationTokenSource(Timeouts.Hang);
        using var connection = new TcpClient();
        await connection.ConnectAsync(address.Host, address.Port, timeout.Token);
        await using var stream = connection.GetStream();
        await stream.WriteAsync(Encoding.Latin1.GetBytes(request), timeout.Token);
        using var reader = new StreamReader(stream, Encoding.Latin1);
        return await reader.ReadToEndAsync(timeout.Token);
    }
}
