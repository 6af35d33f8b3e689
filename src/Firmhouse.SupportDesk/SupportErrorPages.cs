using Firmhouse.Hosting.Edge;
using Firmhouse.Hosting.PageFrame;

namespace Firmhouse.SupportDesk;

internal sealed class SupportErrorPages(PageWriter pages) : IErrorPages
{
    public Task WriteErrorAsync(HttpContext context, int status, TimeSpan? retryAfter = null) => pages.WriteMessageAsync(context, status, new MessageModel(
        status == StatusCodes.Status404NotFound ? "Page not found" : "Something went wrong",
        "Nothing was done. Open the desk again; if the problem persists, tell whoever runs it.")
    {
        LinkText = "Open the desk",
        IsError = true,
    });
}
