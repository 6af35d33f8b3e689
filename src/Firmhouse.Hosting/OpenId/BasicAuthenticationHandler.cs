using System.Net.Http.Headers;
using System.Text;

namespace Firmhouse.Hosting.OpenId;

/// <summary>
/// Authenticates this service at an OpenID provider by <c>client_secret_basic</c>, which every provider has to take
/// (RFC 6749 §2.3.1) and the framework has not. What is POSTed goes to the token endpoint, and nothing else does.
/// </summary>
/// <param name="clientId">Who this service is at the provider.</param>
/// <param name="clientSecret">The secret that the provider made.</param>
/// <param name="inner">What sends the requests; it is disposed of together with this handler.</param>
internal sealed class BasicAuthenticationHandler(string clientId, string clientSecret, HttpMessageHandler inner) : DelegatingHandler(inner)
{
    // The specification has both encoded as in forms; a space, which is written in two ways there, is read in both.
    private readonly AuthenticationHeaderValue _credentials = new(
        "Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{Uri.EscapeDataString(clientId)}:{Uri.EscapeDataString(clientSecret)}")));

    /// <inheritdoc />
    protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
    {
        if (request.Method == HttpMethod.Post)
        {
            request.Headers.Authorization = _credentials;
        }

        return base.SendAsync(request, cancellationToken);
    }
}
