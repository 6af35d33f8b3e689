using Firmhouse.Hosting.PageFrame;
using Microsoft.AspNetCore.Components;

namespace Firmhouse.SupportDesk;

/// <summary>Writes the desk's pages, each with its model.</summary>
internal static class SupportPages
{
    /// <summary>Writes a page that says one thing.</summary>
    public static Task WriteMessageAsync(this PageWriter pages, HttpContext context, int status, MessageModel model) => WriteAsync<MessagePage, MessageModel>(pages, context, status, model);

    /// <summary>Writes the desk.</summary>
    public static Task WriteDeskAsync(this PageWriter pages, HttpContext context, int status, DeskModel model) => WriteAsync<DeskPage, DeskModel>(pages, context, status, model);

    /// <summary>Writes the trail.</summary>
    public static Task WriteAuditAsync(this PageWriter pages, HttpContext context, AuditModel model) => WriteAsync<AuditPage, AuditModel>(pages, context, StatusCodes.Status200OK, model);

    // hasWayOut: the form leads to the Self Service Center, and the sign-out, on every page, to the provider.
    private static Task WriteAsync<TPage, TModel>(PageWriter pages, HttpContext context, int status, TModel model)
        where TPage : IComponent =>
        pages.WriteAsync<TPage, TModel>(context, status, model, hasWayOut: true);
}
