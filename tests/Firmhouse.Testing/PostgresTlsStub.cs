using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Firmhouse.Testing;

/// <summary>What a client sees of a PostgreSQL server before it trusts its certificate: the answer that TLS is offered, and TLS.</summary>
internal sealed class PostgresTlsStub : IAsyncDisposable
{
    // An SSLRequest (PostgreSQL's protocol, 55.7): its length and a number, four bytes each.
    private const int RequestLength = 8;

    private readonly X509Certificate2 _certificate = TestCertificates.SelfSigned();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Task _serving;

    public PostgresTlsStub()
    {
        _listener.Start();
        _serving = ServeAsync();
    }

    public string ConnectionString => $"Host=localhost;Port={((IPEndPoint)_listener.LocalEndpoint).Port};Database=ssc_login;Username=ssc_login;Password=secret-password;SSL Mode=VerifyFull";

    public async ValueTask DisposeAsync()
    {
        _listener.Dispose();
        await _serving;
        _certificate.Dispose();
    }

    private async Task ServeAsync()
    {
        try
        {
            while (true)
            {
                using var client = await _listener.AcceptTcpClientAsync();
                await AnswerAsync(client.GetStream());
            }
        }
        catch (Exception exception) when (exception is SocketException or InvalidOperationException)
        {
            // The test is over.
        }
    }

    private async Task AnswerAsync(NetworkStream stream)
    {
        try
        {
            await stream.ReadExactlyAsync(new byte[RequestLength]);
            await stream.WriteAsync("S"u8.ToArray());
            await using var tls = new SslStream(stream);
            await tls.AuthenticateAsServerAsync(_certificate);
            await tls.ReadExactlyAsync(new byte[1]);
        }
        catch (Exception exception) when (exception is IOException or AuthenticationException)
        {
            // The client does not trust it.
        }
    }
}
