using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Firmhouse.SscLogin.LinkApi;

/// <summary>
/// Reads a request's body. The framework's parameter binding reads it before any filter has checked the key, and responds
/// with 400 both to what is not JSON and to JSON of the wrong shape.
/// </summary>
internal static class JsonBody
{
    /// <summary>Reads the body as <typeparamref name="T"/>.</summary>
    /// <param name="invalid">The problem's title for JSON of another shape (422): what the body must be.</param>
    /// <param name="tooLarge">The problem's title for a body beyond the endpoint's limit (413).</param>
    /// <returns>The body, or else the problem: also 400 for what is not JSON, and 415 for another media type.</returns>
    public static async Task<(T? Body, ProblemHttpResult? Problem)> ReadAsync<T>(HttpContext context, JsonTypeInfo<T> type, string invalid, string tooLarge)
        where T : class
    {
        if (!context.Request.HasJsonContentType())
        {
            return (null, OutcomeWriter.Problem(context, "unsupported-media-type", StatusCodes.Status415UnsupportedMediaType, "The body must be application/json."));
        }

        try
        {
            using var document = await JsonDocument.ParseAsync(context.Request.Body, cancellationToken: context.RequestAborted);
            var body = document.Deserialize(type);
            return body is null ? (null, Invalid(context, invalid)) : (body, null);
        }
        catch (JsonException exception)
        {
            // Without a path the text itself is not JSON; with one, it has the wrong shape there.
            return (null, exception.Path is null
                ? OutcomeWriter.Problem(context, "bad-request", StatusCodes.Status400BadRequest, "The body is not JSON.")
                : Invalid(context, invalid));
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return (null, TooLarge(context, tooLarge));
        }
    }

    public static ProblemHttpResult Invalid(HttpContext context, string title) =>
        OutcomeWriter.Problem(context, "validation-failed", StatusCodes.Status422UnprocessableEntity, title);

    public static ProblemHttpResult TooLarge(HttpContext context, string title) =>
        OutcomeWriter.Problem(context, "content-too-large", StatusCodes.Status413PayloadTooLarge, title);
}
