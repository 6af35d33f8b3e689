using Xunit;

namespace Firmhouse.SscLogin.BrowserTests.Infrastructure;

internal static class TestData
{
    /// <summary>Pairs as the data of a test.</summary>
    public static TheoryData<T1, T2> ToTheoryData<T1, T2>(this IEnumerable<(T1 First, T2 Second)> pairs)
    {
        var data = new TheoryData<T1, T2>();
        foreach (var (first, second) in pairs)
        {
            data.Add(first, second);
        }

        return data;
    }
}
