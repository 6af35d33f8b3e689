using System.Net.Http.Json;
using System.Text.Json;
using Firmhouse.Testing;
using Xunit;

namespace Firmhouse.Sandbox.Tests;

/// <summary>Starts a stand-in for each test, on a free port, and calls it over HTTP.</summary>
public abstract class StandInTests : IAsyncLifetime
{
    protected const string CreateLoginToken =
        """
        mutation CreateSelfServiceCenterLoginToken($email: String!) {
          __typename
          createSelfServiceCenterLoginTokenV2(input: { email: $email }) {
            __typename
            selfServiceCenterLoginToken { __typename token expiresAt returnUrlWithToken }
            errors { __typename attribute message path }
          }
        }
        """;

    protected const string EmailLoginLink =
        """
        mutation EmailSelfServiceCenterLoginLink($email: String!, $returnUrl: String!) {
          createSelfServiceCenterLoginToken(input: { email: $email, returnUrl: $returnUrl }) { __typename status error }
        }
        """;

    private readonly HttpClient _client = new(new SocketsHttpHandler { AllowAutoRedirect = false });

    private protected TestTimeProvider Time { get; } = new();

    private protected FirmhouseStandIn StandIn { get; private set; } = null!;

    public async Task InitializeAsync()
    {
        StandIn = await FirmhouseStandIn.StartAsync(time: Time);
        _client.BaseAddress = StandIn.BaseAddress;
    }

    public async Task DisposeAsync()
    {
        _client.Dispose();
        await StandIn.DisposeAsync();
    }

    protected Task<HttpResponseMessage> GetAsync(string address) => _client.GetAsync(new Uri(address, UriKind.RelativeOrAbsolute));

    protected Task<HttpResponseMessage> LoginAsync(string email, CancellationToken cancellationToken = default) =>
        SendAsync(new { query = CreateLoginToken, variables = new { email } }, cancellationToken: cancellationToken);

    protected Task<HttpResponseMessage> EmailAsync(string email, string returnUrl = "") =>
        SendAsync(new { query = EmailLoginLink, variables = new { email, returnUrl } });

    protected async Task<HttpResponseMessage> SendAsync(
        object body,
        string accept = "application/graphql-response+json, application/json",
        string accessToken = "sandbox-write-token",
        CancellationToken cancellationToken = default)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "graphql");
        request.Content = body is string text ? new StringContent(text) : JsonContent.Create(body);
        request.Headers.Add("Accept", accept);
        request.Headers.Add("X-Project-Access-Token", accessToken);
        return await _client.SendAsync(request, cancellationToken);
    }

    protected static async Task<string> JsonAsync(Task<HttpResponseMessage> sending)
    {
        using var response = await sending;
        return JsonSerializer.Serialize(await response.Content.ReadFromJsonAsync<JsonElement>(), ReadableJson);
    }

    protected async Task<string> LoginLinkAsync(string email)
    {
        using var answer = JsonDocument.Parse(await JsonAsync(LoginAsync(email)));
        return answer.RootElement.GetProperty("data").GetProperty("createSelfServiceCenterLoginTokenV2")
            .GetProperty("selfServiceCenterLoginToken").GetProperty("returnUrlWithToken").GetString()!;
    }

    private static readonly JsonSerializerOptions ReadableJson = new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
}
