// The least that a .NET process can do for a login: Kestrel, one pooled handler, hand-made bytes. No checks, no log, nothing else.
using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;


var upstream = new Uri(Environment.GetEnvironmentVariable("UPSTREAM")!);
var accessToken = Environment.GetEnvironmentVariable("ACCESS_TOKEN")!;
var json = new MediaTypeHeaderValue("application/json");
var head = Encoding.UTF8.GetBytes(
    """{"query":"mutation CreateSelfServiceCenterLoginToken($email: String!) { createSelfServiceCenterLoginTokenV2(input: { email: $email }) { selfServiceCenterLoginToken { token expiresAt returnUrlWithToken } errors { attribute message path } } }","variables":{"email":""");
using var client = new HttpMessageInvoker(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, ActivityHeadersPropagator = null });

var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
builder.WebHost.UseKestrelCore().UseUrls(Environment.GetEnvironmentVariable("ASPNETCORE_URLS")!);
await using var app = builder.Build();
app.Run(LogInAsync);
await app.RunAsync();

async Task LogInAsync(HttpContext context)
{
    using var request = new HttpRequestMessage(HttpMethod.Post, upstream) { Content = new ByteArrayContent(Body(context.Request.Query["email"].ToString())) };
    request.Headers.TryAddWithoutValidation("X-Project-Access-Token", accessToken);
    request.Content.Headers.ContentType = json;
    using var response = await client.SendAsync(request, context.RequestAborted);
    context.Response.Headers.Location = ReturnUrl(await response.Content.ReadAsByteArrayAsync(context.RequestAborted));
    context.Response.StatusCode = (int)HttpStatusCode.Found;
}

byte[] Body(string email) => [.. head, .. Encoding.UTF8.GetBytes('"' + JsonEncodedText.Encode(email).ToString() + '"'), (byte)'}', (byte)'}'];

static string ReturnUrl(ReadOnlySpan<byte> answer)
{
    var rest = answer[(answer.IndexOf("\"returnUrlWithToken\":\""u8) + "\"returnUrlWithToken\":\""u8.Length)..];
    return Encoding.UTF8.GetString(rest[..rest.IndexOf((byte)'"')]);
}
