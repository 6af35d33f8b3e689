using Microsoft.AspNetCore.Http.Features;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Tells <see cref="ConnectionLimits"/> that a request without a body has arrived completely, so that its connection is
/// kept until it is answered. One with a body is complete when <see cref="FormReader"/> has read it.
/// </summary>
/// <param name="next">The rest of the pipeline.</param>
internal sealed class CompleteRequests(RequestDelegate next)
{
    /// <summary>Keeps the connection where there is no body, and passes the request on.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        if (context.Features.Get<IHttpRequestBodyDetectionFeature>() is not { CanHaveBody: true })
        {
            ConnectionLimits.Keep(context);
        }

        return next(context);
    }
}
