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
        try
        {
            await next(context);
        }
        catch (Exception exception) when (IsAbandoned(exception, context))
        {
            return;
        }
        catch (BadHttpRequestException exception) when (!context.Response.HasStarted)
        {
            context.Response.StatusCode = exception.StatusCode;
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
            await outcomes.WriteErrorAsync(context, response.StatusCode);
        }
    }

    // A body that breaks off shows before the request is known to be aborted.
    private static bool IsAbandoned(Exception exception, HttpContext context) =>
        exception is ConnectionResetException
        || exception is OperationCanceledException && (context.RequestAborted.IsCancellationRequested || exception.InnerException is ConnectionAbortedException);

    [LoggerMessage(900, LogLevel.Error, "A bug: the request ended in an exception")]
    private static partial void LogBug(ILogger logger, Exception exception);
}
