namespace Firmhouse.Hosting.Settings;

/// <summary>
/// Options that grant access. When a change made while the service runs has mistakes, what it revokes is revoked all
/// the same: a leaked key must not stay in force because another one is mistyped.
/// </summary>
internal interface IRevocable<T>
{
    /// <summary>Returns what is in force after a change that has mistakes. Called on the options that were in force before it.</summary>
    /// <param name="changed">The options as they were read; defaults stand in for what could not be read.</param>
    /// <param name="mistakes">What is wrong with them.</param>
    T TakeOver(T changed, Mistakes mistakes);
}

/// <summary>What is wrong with a change, by key.</summary>
/// <param name="failures">One sentence for each mistake, its key first.</param>
internal sealed class Mistakes(IReadOnlyList<string> failures)
{
    /// <summary>Whether there is one at this key or below it.</summary>
    /// <param name="path">The key, such as <c>LoginLinks:Keys:shop1</c>.</param>
    public bool Concern(string path) => failures.Any(failure => failure.StartsWith($"{path}:", StringComparison.OrdinalIgnoreCase));
}
