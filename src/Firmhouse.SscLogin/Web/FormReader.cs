namespace Firmhouse.SscLogin.Web;

/// <summary>Reads a posted form, within bounds.</summary>
internal static class FormReader
{
    /// <summary>Reads the form of a POST.</summary>
    /// <returns>The form, or null when the body is none.</returns>
    /// <exception cref="BadHttpRequestException">The server cut the body off: too large, too slow, or broken off. It says with which status.</exception>
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
        catch (InvalidDataException)
        {
            return null;
        }
    }
}
