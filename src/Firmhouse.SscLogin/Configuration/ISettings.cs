namespace Firmhouse.SscLogin.Configuration;

/// <summary>The settings of one section: their defaults are its properties' initial values.</summary>
internal interface ISettings
{
    /// <summary>The section's name, such as <c>Firmhouse</c>.</summary>
    static abstract string Section { get; }

    /// <summary>Finds what is wrong with the values.</summary>
    /// <returns>One sentence for each mistake: the key, what is wrong, and the remedy. Never a value that may be secret.</returns>
    IEnumerable<string> FindMistakes();
}
