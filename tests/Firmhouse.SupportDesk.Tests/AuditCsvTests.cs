using Firmhouse.SupportDesk.Audit;
using Shouldly;
using Xunit;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>Fields as they stand in the copy for a spreadsheet.</summary>
public sealed class AuditCsvTests
{
    [Theory]
    [InlineData(null, "\"\"")]
    [InlineData("plain", "\"plain\"")]
    [InlineData("a \"quoted\", word", "\"a \"\"quoted\"\", word\"")]
    [InlineData("two\nlines", "\"two\nlines\"")]
    [InlineData("=1+1", "\"'=1+1\"")]
    [InlineData("+31 20", "\"'+31 20\"")]
    [InlineData("-2", "\"'-2\"")]
    [InlineData("@SUM(A1)", "\"'@SUM(A1)\"")]
    [InlineData("\t=1+1", "\"'\t=1+1\"")]
    [InlineData("  =1+1", "\"'  =1+1\"")]
    [InlineData("\u200B=1+1", "\"'\u200B=1+1\"")]
    [InlineData("＝1+1", "\"'＝1+1\"")]
    [InlineData("\"=1+1\"", "\"\"\"=1+1\"\"\"")]
    public void Field_IsNoFormula(string? text, string field) => AuditCsv.Field(text).ShouldBe(field);
}
