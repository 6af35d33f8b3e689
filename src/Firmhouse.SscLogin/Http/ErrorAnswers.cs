using Firmhouse.SscLogin.Pages;
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
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
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
            await outcomes.WriteAsync(context, LoginOutcome.OfStatus(response.StatusCode));
        }
    }

    [LoggerMessage(900, LogLevel.Error, "A bug: the request ended in an exception")]
    private static partial void LogBug(ILogger logger, Exception exception);
}
