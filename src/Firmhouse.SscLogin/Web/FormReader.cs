namespace Firmhouse.SscLogin.Web;

/// <summary>Reads a posted form, within bounds.</summary>
internal static class FormReader
{
    /// <summary>Reads the form of a POST.</summary>
    /// <returns>The form, or null when the body is none or too large.</returns>
    public static async Task<IFormCollection?> ReadAsync(HttpContext context)
    {
        if (!context.Request.HasFormContentType)
        {
            return null;
        }

        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception exception) when (exception is InvalidDataException or BadHttpRequestException)
        {
            return null;
        }
    }
}
