using System.Text;
using Firmhouse.SupportDesk.Audit;
using Shouldly;
using Xunit;

namespace Firmhouse.SupportDesk.Tests;

/// <summary>The copy for a spreadsheet, read as spreadsheets do: by the separator of the reader's language, not of the file.</summary>
public sealed class AuditCsvTests
{
    private const string BeginsFormula = "=+-@|%＝＋－＠﹦﹢﹣﹫";

    public static TheoryData<string> Hostile =>
    [
        "=1+1", "+31 20", "-2", "@SUM(A1)", "\t=1+1", "  =1+1", "\u200B=1+1", "＝1+1", "\"=1+1\"", "%1",
        "asked;=HYPERLINK(\"https://evil.example\")", "asked;\t=1", "asked\t=1+1", "asked,=1+1", "asked\n=1+1", "asked\r\n-1", "asked\r=1", "asked; \"=1+1\"",
        "say \"hi\";=1+1", "\";=1+1", "\"\n=1+1", "\"\t=1+1", "a;;=1", "a;|=1", "a|=1", ";=1;+2;-3;@4", "a;\u00A0=1", "a;\u2060=1", "a;\u0000=1",
        "a\u2028=1", "a\u0085=1", "a\u000B=1", "a;﹦1", "a;\"\"\"=1", "a;'=1",
    ];

    [Theory]
    [MemberData(nameof(Hostile))]
    public void Cell_IsNoFormula_WhateverTheSeparator(string text)
    {
        var record = new AuditRecord
        {
            Sequence = 1,
            At = "2026-01-31T12:00:00.000000Z",
            Kind = text,
            Name = text,
            Issuer = text,
            Subject = text,
            Address = text,
            Reason = text,
            Ticket = text,
            Note = text,
            Consent = text,
            EndedOutcome = text,
            EndedAt = text,
            ClientAddress = text,
            TraceId = text,
            Detail = text,
            Hash = text,
        };
        foreach (var separator in ",;\t|")
        {
            foreach (var cell in Cells(AuditCsv.Header + AuditCsv.Line(record) + AuditCsv.Line(record), separator))
            {
                BeginsFormula.ShouldNotContain(Begin(cell), $"{cell} by {separator}");
            }
        }
    }

    [Theory]
    [InlineData(null, "\"\"")]
    [InlineData("plain", "\"plain\"")]
    [InlineData("a \"quoted\", word", "\"a \"\"quoted\"\", word\"")]
    [InlineData("two\nlines; jane-doe@example.com, https://example.com/?a=b", "\"two\nlines; jane-doe@example.com, https://example.com/?a=b\"")]
    [InlineData("To do:\n- look", "\"To do:\n'- look\"")]
    [InlineData("+31 20", "\"'+31 20\"")]
    public void Field_StaysReadable(string? text, string field) => AuditCsv.Field(text).ShouldBe(field);

    [Fact]
    public async Task Export_HasNoFormula_WhenAnEmployeeWroteOne()
    {
        await using var under = await DeskUnderTest.CreateAsync();
        var desk = await under.StartAsync();
        using var browser = await under.SignInAsync(desk);
        await browser.PostAsync("/log-in", DeskUnderTest.Fields(("note", "asked;=HYPERLINK(\"https://evil.example\",\"x\")\n=1+1\tand\t+1"), ("ticket", "-1;=2")));

        var csv = await (await browser.PostAsync("/audit.csv", new Dictionary<string, string>(StringComparer.Ordinal))).Content.ReadAsStringAsync();

        csv.ShouldContain("HYPERLINK");
        foreach (var separator in ",;\t|")
        {
            Cells(csv, separator).ShouldAllBe(cell => !BeginsFormula.Contains(Begin(cell)));
        }
    }

    // What a spreadsheet looks at: it skips white space, what nobody sees, and quotes that are left over.
    private static char Begin(string cell) =>
        cell.FirstOrDefault(character => !char.IsWhiteSpace(character) && !char.IsControl(character) && character != '"' && char.GetUnicodeCategory(character) != System.Globalization.UnicodeCategory.Format);

    /// <summary>Reads a file as a spreadsheet does: quotes count at the beginning of a cell, and a cell ends at the separator or at a line's end.</summary>
    private static List<string> Cells(string file, char separator)
    {
        var cells = new List<string>();
        var cell = new StringBuilder();
        var (isQuoted, isBegin) = (false, true);
        for (var i = 0; i < file.Length; i++)
        {
            var character = file[i];
            if (isQuoted && character == '"' && i + 1 < file.Length && file[i + 1] == '"')
            {
                cell.Append(file[i++]);
            }
            else if (character == '"' && (isQuoted || isBegin))
            {
                (isQuoted, isBegin) = (!isQuoted, false);
            }
            else if (!isQuoted && (character == separator || character is '\r' or '\n' or '\u2028' or '\u0085' or '\u000B'))
            {
                cells.Add(cell.ToString());
                cell.Clear();
                isBegin = true;
            }
            else
            {
                cell.Append(character);
                isBegin = false;
            }
        }

        return cells;
    }
}
