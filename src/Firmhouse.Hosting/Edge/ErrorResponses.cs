using Microsoft.AspNetCore.Connections;

namespace Firmhouse.Hosting.Edge;

/// <summary>Writes the answer to a request that failed, of which nothing is sent yet.</summary>
internal interface IErrorPages
{
    Task WriteErrorAsync(HttpContext context, int status, TimeSpan? retryAfter = null);
}

/// <summary>Answers a request that no endpoint answered, or that failed in one, like any other of the application.</summary>
internal sealed partial class ErrorResponses(RequestDelegate next, IErrorPages pages, ILogger<ErrorResponses> logger)
{
    /// <summary>Whether the caller has left. A body that breaks off shows before the request is known to be aborted.</summary>
    public static bool IsAbandoned(Exception exception, HttpContext context) =>
        exception is ConnectionResetException
        || exception is OperationCanceledException && (context.RequestAborted.IsCancellationRequested || exception.InnerException is ConnectionAbortedException);

    public async Task InvokeAsync(HttpContext context)
    {
        var isBroken = false;
        try
        {
            await next(context);
        }
        catch (Exception exception) when (IsAbandoned(exception, context))
        {
            await CloseAsync(context);
            return;
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = exception.StatusCode;
            isBroken = exception.StatusCode != StatusCodes.Status413PayloadTooLarge;
        }
#pragma warning disable CA1031 // The boundary: an exception that gets here is a bug, and the customer still gets a page.
        catch (Exception exception) when (!context.Response.HasStarted)
#pragma warning restore CA1031
        {
            LogBug(exception);
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }

        // A client that has left was told what it was told, and that is on record.
        var response = context.Response;
        if ((isBroken || !context.RequestAborted.IsCancellationRequested) && !response.HasStarted
            && response is { StatusCode: >= 400 and not StatusCodes.Status503ServiceUnavailable, ContentLength: null, ContentType: null })
        {
            if (isBroken)
            {
                AskToClose(context);
            }

            await pages.WriteErrorAsync(context, response.StatusCode);
        }

        if (isBroken)
        {
            await CloseAsync(context);
        }
    }

    // Where the body could not be read, its end is unknown. The server would look for the end, or for another request
    // behind it, fail, and log a warning for each: so the connection ends with the response.
    private static async Task CloseAsync(HttpContext context)
    {
        AskToClose(context);
        await context.Response.CompleteAsync();
        context.Abort();
    }

    private static void AskToClose(HttpContext context)
    {
        if (!context.Response.HasStarted && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
    }

    [LoggerMessage(900, LogLevel.Error, "A bug: the request ended in an exception")]
    private partial void LogBug(Exception exception);
}
