using System.Net;
using System.Net.Http.Headers;
using System.Net.Mime;

namespace Firmhouse.SscLogin.Benchmarks.Parts;

/// <summary>What Firmhouse answers to a customer who may log in.</summary>
internal static class FirmhouseAnswer
{
    /// <summary>The document.</summary>
    public static readonly byte[] LoginToken =
        """{"data":{"createSelfServiceCenterLoginTokenV2":{"selfServiceCenterLoginToken":{"token":"YuCvuuXaWNraaLU2kdzdgLKhh5GLJ2K6BGmM30D3Fbo","expiresAt":"2026-01-01T12:00:00Z","returnUrlWithToken":"http://localhost:8081/en/sandbox-shop/self-service/token_login?token=YuCvuuXaWNraaLU2kdzdgLKhh5GLJ2K6BGmM30D3Fbo"},"errors":[]}}}"""u8.ToArray();

    /// <summary>A network that always answers so, at once.</summary>
    public sealed class Handler : HttpMessageHandler
    {
        private static readonly MediaTypeHeaderValue Json = new(MediaTypeNames.Application.Json);

        /// <inheritdoc />
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            var response = new HttpResponseMessage(HttpStatusCode.OK) { RequestMessage = request, Content = new ByteArrayContent(LoginToken) };
            response.Content.Headers.ContentType = Json;
            return Task.FromResult(response);
        }
    }
}
