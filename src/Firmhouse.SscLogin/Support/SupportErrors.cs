using Firmhouse.SscLogin.Pages;

namespace Firmhouse.SscLogin.Support;

/// <summary>Answers with a page what no endpoint answered, and what an endpoint failed to answer.</summary>
internal static partial class SupportErrors
{
    /// <summary>Adds the boundary around everything that follows in the pipeline.</summary>
    public static void UseSupportErrors(this WebApplication app)
    {
        var pages = app.Services.GetRequiredService<PageWriter>();
        app.Use(next => context => AnswerAsync(context, next, pages, app.Logger));
    }

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next, PageWriter pages, ILogger logger)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = exception.StatusCode;
        }
        catch (InvalidOperationException exception) when (!context.Response.HasStarted && exception.InnerException is HttpRequestException or IOException)
        {
            // The handler throws when the provider's discovery document is unavailable.
            LogProviderAway(logger, exception.InnerException?.GetType().Name);
            await WriteAsync(context, pages, StatusCodes.Status503ServiceUnavailable, "The company’s sign-in cannot be reached", "Nothing was done. Try again in a minute; if it stays like this, tell whoever runs the desk.");
            return;
        }
#pragma warning disable CA1031 // The boundary: an exception here is a bug, and the employee gets a page all the same.
        catch (Exception exception) when (!context.Response.HasStarted)
#pragma warning restore CA1031
        {
            LogBug(logger, exception);
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }

        if (context.Response is { HasStarted: false, StatusCode: >= 400 and var status, ContentLength: null, ContentType: null } && context.GetEndpoint()?.DisplayName != "Health checks")
        {
            await WriteAsync(context, pages, status, status == StatusCodes.Status404NotFound ? "There is no such page" : "This did not work", "Nothing was done. Open the desk again; if it stays like this, tell whoever runs it.");
        }
    }

    private static Task WriteAsync(HttpContext context, PageWriter pages, int status, string title, string text) =>
        pages.WriteMessageAsync(context, status, new MessageModel(title, text) { LinkText = "Open the desk", IsError = true });

    [LoggerMessage(705, LogLevel.Error, "The company's OpenID provider cannot be reached ({Cause}): check Support:SignIn:Authority")]
    private static partial void LogProviderAway(ILogger logger, string? cause);

    [LoggerMessage(706, LogLevel.Error, "A bug: the request ended in an exception")]
    private static partial void LogBug(ILogger logger, Exception exception);
}
