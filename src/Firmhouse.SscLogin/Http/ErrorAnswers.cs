using Firmhouse.SscLogin.Pages;
using Microsoft.AspNetCore.Connections;

namespace Firmhouse.SscLogin.Http;

/// <summary>Turns what no endpoint answered, and what an endpoint could not answer, into a page or a problem like any other.</summary>
internal static partial class ErrorAnswers
{
    /// <summary>Adds the boundary around all that follows.</summary>
    public static void UseErrorAnswers(this WebApplication app)
    {
        var outcomes = app.Services.GetRequiredService<OutcomeWriter>();
        app.Use(next => context => AnswerAsync(context, next, outcomes, app.Logger));
    }

    private static async Task AnswerAsync(HttpContext context, RequestDelegate next, OutcomeWriter outcomes, ILogger logger)
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
#pragma warning disable CA1031 // The boundary: an exception that comes here is a bug, and the customer gets a page all the same.
        catch (Exception exception) when (!context.Response.HasStarted)
#pragma warning restore CA1031
        {
            LogBug(logger, exception);
            context.Response.StatusCode = StatusCodes.Status500InternalServerError;
        }

        var response = context.Response;
        if (!response.HasStarted && response.StatusCode is >= 400 and not StatusCodes.Status503ServiceUnavailable && response.ContentLength is null && response.ContentType is null)
        {
            if (isBroken)
            {
                SayClose(context);
            }

            await outcomes.WriteAsync(context, LoginOutcome.OfStatus(response.StatusCode));
        }

        if (isBroken)
        {
            await CloseAsync(context);
        }
    }

    // A body that could not be read ends nobody knows where. The server would look for its end, or for another request
    // behind it, fail, and write a warning for each: so the connection ends with the answer.
    private static async Task CloseAsync(HttpContext context)
    {
        SayClose(context);
        await context.Response.CompleteAsync();
        context.Abort();
    }

    private static void SayClose(HttpContext context)
    {
        if (!context.Response.HasStarted && HttpProtocol.IsHttp11(context.Request.Protocol))
        {
            context.Response.Headers.Connection = "close";
        }
    }

    // A body that breaks off shows before the request is known to be aborted.
    private static bool IsAbandoned(Exception exception, HttpContext context) =>
        exception is ConnectionResetException
        || exception is OperationCanceledException && (context.RequestAborted.IsCancellationRequested || exception.InnerException is ConnectionAbortedException);

    [LoggerMessage(900, LogLevel.Error, "A bug: the request ended in an exception")]
    private static partial void LogBug(ILogger logger, Exception exception);
}
