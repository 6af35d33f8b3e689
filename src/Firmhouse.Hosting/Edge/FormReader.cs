namespace Firmhouse.Hosting.Edge;

internal static class FormReader
{
    /// <returns>The form, or null if the body is not one.</returns>
    /// <exception cref="BadHttpRequestException">The body is too large, or ends too early.</exception>
    public static async Task<IFormCollection?> ReadAsync(HttpContext context)
    {
        // This is how forms without files are posted. A multipart body would go through a parser that nobody here needs.
        if (context.Request.GetTypedHeaders().ContentType?.MediaType.Equals("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase) != true)
        {
            return null;
        }

        try
        {
            return await context.Request.ReadFormAsync(context.RequestAborted);
        }
        catch (Exception exception) when (exception is InvalidDataException or NotSupportedException)
        {
            // Too many fields, or a field too long; or a character set that .NET refuses to read, such as UTF-7.
            return null;
        }
    }
}
