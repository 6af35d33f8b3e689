using System.Text;
using Firmhouse.LoginLinks;
using Firmhouse.SscLogin.Commands;
using Firmhouse.Testing;
using Shouldly;
using Xunit;

namespace Firmhouse.SscLogin.Tests.Commands;

/// <summary>A column of links for a customer list: all else stays as it is, byte for byte.</summary>
public sealed class CustomerListTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("list-");

    private FileInfo Input => new(Path.Combine(_folder.FullName, "customers.csv"));

    private FileInfo Output => new(Path.Combine(_folder.FullName, "links.csv"));

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData("email,name\na@b,Jane\n", "email,name,url\na@b,Jane,L:a@b\n")]
    [InlineData("email;name\na@b;Jane, PhD\n", "email;name;url\na@b;Jane, PhD;L:a@b\n")]
    [InlineData("email\tname\na@b\tJane, PhD\n", "email\tname\turl\na@b\tJane, PhD\tL:a@b\n")]
    [InlineData("email,notes\na@b,x;y\nc@d,x;y\n", "email,notes,url\na@b,x;y,L:a@b\nc@d,x;y,L:c@d\n")]
    [InlineData("email\na@b\n", "email,url\na@b,L:a@b\n")]
    [InlineData("email,\na@b,\n", "email,,url\na@b,,L:a@b\n")]
    [InlineData("sep=;\nemail;name\na@b;Jane\n", "sep=;\nemail;name;url\na@b;Jane;L:a@b\n")]
    public void List_GetsOneMoreColumn_BehindTheSeparatorItHas(string input, string output) => SignText(input).ShouldBe(output);

    [Theory]
    [InlineData("\uFEFFemail,name\r\na@b,Jane\r\n", "\uFEFFemail,name,url\r\na@b,Jane,L:a@b\r\n")]
    [InlineData("\uFEFF\"email\",name\na@b,Jane\n", "\uFEFF\"email\",name,url\na@b,Jane,L:a@b\n")]
    [InlineData("email,name\ra@b,Jane\r", "email,name,url\ra@b,Jane,L:a@b\r")]
    [InlineData("email,name\r\na@b,Jane\nc@d,Joe\r\n", "email,name,url\r\na@b,Jane,L:a@b\nc@d,Joe,L:c@d\r\n")]
    [InlineData("email,name\na@b,Jane", "email,name,url\na@b,Jane,L:a@b")]
    [InlineData("email,name\r\na@b,Jane\r", "email,name,url\r\na@b,Jane,L:a@b\r")]
    [InlineData("\n\nemail,name\n\na@b,Jane\n\r\n\nc@d,Joe\n\n\n", "\n\nemail,name,url\n\na@b,Jane,L:a@b\n\r\n\nc@d,Joe,L:c@d\n\n\n")]
    public void List_KeepsByteOrderMarkAndLineEnds(string input, string output) => SignText(input).ShouldBe(output);

    [Theory]
    [InlineData("\"Jane \"\"J\"\" Doe\"")]
    [InlineData("\"Doe, Jane\"")]
    [InlineData("\"Main Street 1\r\nAnytown\n\n\"")]
    [InlineData("\"\"")]
    [InlineData("\"quoted\"but not to the end")]
    [InlineData("a 5\" screen")]
    [InlineData("  spaces  ")]
    [InlineData("=HYPERLINK(\"\"http://example.com\"\")")]
    [InlineData("=1+1")]
    [InlineData("@SUM(A1)")]
    [InlineData("+31 6 12345678")]
    [InlineData("-1")]
    [InlineData("\0\a\u001b[31m")]
    [InlineData("Zoë 🧺 ‮")]
    public void List_KeepsACellAsItIs(string cell) =>
        SignText($"name,email,tag\n{cell},a@b,x\n{cell},c@d,y\n").ShouldBe($"name,email,tag,url\n{cell},a@b,x,L:a@b\n{cell},c@d,y,L:c@d\n");

    [Fact]
    public void List_KeepsBytesThatAreNoUtf8()
    {
        byte[] input = [.. "name,email\nZo\xEB,a@b\n"u8[..14], 0xEB, 0xFF, 0xC0, .. ",a@b\nJane,c\xEB@d\n"u8[..13], 0xFE, .. "@d\n"u8];

        var signed = Sign(input);

        Encoding.Latin1.GetString(signed.Output).ShouldBe(Encoding.Latin1.GetString(input)
            .Replace("name,email\n", "name,email,url\n", StringComparison.Ordinal)
            .Replace("a@b\n", "a@b,L:a@b\n", StringComparison.Ordinal)
            .Replace("@d\n", "@d,\n", StringComparison.Ordinal));
        signed.NotSigned.ShouldBe([3]);
    }

    [Theory]
    [InlineData("email", "name,EMail\nJane,a@b\n")]
    [InlineData("E-Mail Address", "name, e-mail address \nJane,a@b\n")]
    [InlineData(" email ", "name,email\nJane,a@b\n")]
    [InlineData("e,mail", "name,\"e,mail\"\nJane,a@b\n")]
    public void List_FindsTheColumn_WhateverItsCaseAndSpaces(string column, string input) =>
        SignText(input, column).ShouldEndWith(",L:a@b\n");

    [Theory]
    [InlineData("a@b", "a@b")]
    [InlineData("\"a@b\"", "a@b")]
    [InlineData(" a@b ", "a@b")]
    [InlineData("\"\"\"a\"\"@b\"", "\"\"a\"\"@b")]
    public void List_SignsTheAddressOfTheCell(string cell, string address) =>
        SignText($"name,email\nJane,{cell}\n").ShouldBe($"name,email,url\nJane,{cell},{(address.Contains('"', StringComparison.Ordinal) ? $"\"L:{address}\"" : $"L:{address}")}\n");

    [Theory]
    [InlineData("a,b", "\"a,b\"")]
    [InlineData("a\"b", "\"a\"\"b\"")]
    [InlineData("a\nb", "\"a\nb\"")]
    [InlineData("a;b", "a;b")]
    [InlineData("Zoë's link", "Zoë's link")]
    public void List_QuotesTheNewColumnsName_WhereItMust(string name, string header) =>
        SignText("email,name\na@b,Jane\n", linkColumn: name).ShouldBe($"email,name,{header}\na@b,Jane,L:a@b\n");

    [Theory]
    [InlineData("email\n", "email,url\n")]
    [InlineData("email", "email,url")]
    [InlineData("\uFEFFname;email\r\n", "\uFEFFname;email;url\r\n")]
    public void List_MayBeAHeaderAlone(string input, string output) => SignText(input).ShouldBe(output);

    [Fact]
    public void List_TellsTheLinesWithoutALink_AndLeavesTheirCellsEmpty()
    {
        var list = "email,address\na@b,\"one\r\ntwo\nthree\"\n\n,x\n\nno address,x\n\"a@b\nc@d\",x\nc@d,\n@,x";

        var signed = Sign(Encoding.UTF8.GetBytes(list));

        Encoding.UTF8.GetString(signed.Output).ShouldBe(
            "email,address,url\na@b,\"one\r\ntwo\nthree\",L:a@b\n\n,x,\n\nno address,x,\n\"a@b\nc@d\",x,\nc@d,,L:c@d\n@,x,");
        signed.NotSigned.ShouldBe([6, 8, 9, 12]);
        signed.Counts.ShouldBe(new SignedRows(2, 4, 0));
    }

    [Fact]
    public void List_GoesOn_BehindARowWithACellMoreOrLess()
    {
        var signed = Sign("email,name\na@b\n\n\"c@d\",\"x\ny\"\ne@f,x,y\ng@h,x\n"u8.ToArray());

        Encoding.UTF8.GetString(signed.Output).ShouldBe("email,name,url\na@b,\n\n\"c@d\",\"x\ny\",L:c@d\ne@f,x,y,\ng@h,x,L:g@h\n");
        signed.NotSigned.ShouldBe([2, 6]);
        signed.Reasons.ShouldBe(["1 cells where the header has 2", "3 cells where the header has 2"]);
        signed.Counts.ShouldBe(new SignedRows(2, 2, 0));
    }

    [Theory]
    [InlineData("", "The file is empty.")]
    [InlineData("\uFEFF", "The file is empty.")]
    [InlineData("\n\r\n", "The file is empty.")]
    [InlineData("mail,name\na@b,Jane\n", "The file has no column email, but mail, name. Name the one with the addresses with --email-column.")]
    [InlineData("email,URL\na@b,Jane\n", "The file has a column url already. Choose another name with --link-column.")]
    [InlineData("a@b;Jane;Doe\nc@d;Joe;Doe\n", "The file has no column email, but Jane, Doe and 1 more. Name the one with the addresses with --email-column.")]
    [InlineData("name,email, EMAIL \nJane,a@b,c@d\n", "The file has 2 columns email. Rename those that do not hold the addresses to sign.")]
    [InlineData("email,name\na@b,Jane\nc@d,\"Joe\ne@f,Jack\n", "Line 3: a quote is opened and never closed.")]
    [InlineData("\"email,name\na@b,Jane\n", "Line 1: a quote is opened and never closed.")]
    [InlineData("email,name\na@b,\"", "Line 2: a quote is opened and never closed.")]
    public void List_IsRefused_WithTheLine_WhenItIsMalformed(string input, string error)
    {
        Should.Throw<CommandException>(() => SignText(input)).Message.ShouldBe(error);

        _folder.EnumerateFileSystemInfos().ShouldHaveSingleItem().Name.ShouldBe("customers.csv");
    }

    [Theory]
    [InlineData("utf-16")]
    [InlineData("utf-16BE")]
    [InlineData("utf-32")]
    [InlineData("utf-32BE")]
    public void List_IsRefused_WhenItIsNotUtf8(string encoding)
    {
        var other = Encoding.GetEncoding(encoding);

        foreach (var preamble in (byte[][])[other.GetPreamble(), []])
        {
            Should.Throw<CommandException>(() => Sign([.. preamble, .. other.GetBytes("email\na@b\n")]))
                .Message.ShouldBe("The file is not UTF-8. Save it as \"CSV UTF-8\" and try again.");
        }
    }

    /// <summary>An .xlsx, .ods or .numbers is a zip archive, an .xls an OLE2 file.</summary>
    [Theory]
    [InlineData("504B0304140006000800000021")]
    [InlineData("504B0304")]
    [InlineData("D0CF11E0A1B11AE100000000")]
    public void List_IsRefused_WhenItIsAWorkbook(string start) =>
        Should.Throw<CommandException>(() => Sign([.. Convert.FromHexString(start), .. "[Content_Types].xml\n"u8])).Message.ShouldBe(
            "The file is a workbook, as Excel, LibreOffice and Numbers save it, and not CSV. Open it there, save the sheet with the addresses as \"CSV UTF-8\", and sign that file.");

    [Theory]
    [InlineData("1F8B0808D2EBF46500036C6973742E637376004B")]
    [InlineData("255044462D312E370D25E2E3CFD30D0A00")]
    [InlineData("7B5C72746631001B5B33316D")]
    public void List_IsRefused_WithoutItsBytes_WhenItIsNoText(string hex) =>
        Should.Throw<CommandException>(() => Sign(Convert.FromHexString(hex))).Message.ShouldAllBe(c => !char.IsControl(c) && c != '\uFFFD');

    [Theory]
    [InlineData("")]
    [InlineData("\"")]
    public void List_MayHaveACellOfTenMegabytes(string quote)
    {
        var cell = $"{quote}{new string('x', 10 * 1024 * 1024)}{quote}";

        SignText($"email,notes\na@b,{cell}\nc@d,\n").ShouldBe($"email,notes,url\na@b,{cell},L:a@b\nc@d,,L:c@d\n");
    }

    [Fact]
    public void List_IsRefusedEarly_WhenAQuoteSwallowsTheRest()
    {
        using (var list = Input.Create())
        {
            list.Write("email,notes\na@b,\nc@d,\""u8);
            list.SetLength(64 * 1024 * 1024);
        }

        Should.Throw<CommandException>(() => NewList().Sign(Input, Output, _ => { }, CancellationToken.None)).Message.ShouldStartWith("Line 3: ");

        Output.Exists.ShouldBeFalse();
    }

    [Fact]
    public void List_MayReplaceItself()
    {
        File.WriteAllText(Input.FullName, "email\na@b\n");

        NewList().Sign(Input, Input, _ => { }, CancellationToken.None);

        File.ReadAllText(Input.FullName).ShouldBe("email,url\na@b,L:a@b\n");
        _folder.EnumerateFileSystemInfos().ShouldHaveSingleItem();
    }

    [Fact]
    public void Output_IsReplaced_OnlyWhenTheNewOneIsComplete()
    {
        File.WriteAllText(Output.FullName, "of yesterday");

        Should.Throw<CommandException>(() => SignText("email,name\na@b,Jane\nc@d,\"\n"));
        File.ReadAllText(Output.FullName).ShouldBe("of yesterday");

        SignText("email\na@b\n").ShouldBe("email,url\na@b,L:a@b\n");
    }

    [Fact]
    public void Output_HasNoName_UntilItIsComplete()
    {
        var seen = new List<string[]>();
        File.WriteAllText(Input.FullName, ManyRows(25_000));

        NewList().Sign(Input, Output, _ => seen.Add([.. _folder.EnumerateFiles().Select(file => file.Name).Order()]), CancellationToken.None);

        seen.Count.ShouldBe(2);
        seen.ShouldAllBe(names => names.Length == 2 && names[0] == "customers.csv" && names[1].StartsWith("links.csv.") && names[1].EndsWith(".tmp"));
        _folder.EnumerateFiles().Select(file => file.Name).ShouldBe(["customers.csv", "links.csv"], ignoreOrder: true);
    }

    [Fact]
    public void Output_IsGone_WhenTheWorkIsCancelled()
    {
        using var stop = new CancellationTokenSource();
        File.WriteAllText(Input.FullName, ManyRows(25_000));

        Should.Throw<OperationCanceledException>(() => NewList().Sign(Input, Output, _ => stop.Cancel(), stop.Token));

        _folder.EnumerateFileSystemInfos().ShouldHaveSingleItem().Name.ShouldBe("customers.csv");
    }

    [Fact]
    public void Progress_GoesFromZeroToOne()
    {
        var shares = new List<double>();
        File.WriteAllText(Input.FullName, ManyRows(30_000));

        NewList().Sign(Input, Output, shares.Add, CancellationToken.None);

        shares.Count.ShouldBe(3);
        shares.ShouldBeInOrder();
        shares.ShouldAllBe(share => share > 0 && share <= 1);
    }

    [Fact]
    public void AnyList_IsItsInput_WithoutTheNewColumn_AndEveryLinkIsAccepted()
    {
        var key = new TestKey("mail1", TimeSpan.FromDays(7));
        var signer = new LoginLinkSigner(TestKey.PublicUrl, key.Key);
        var expiresAt = TimeProvider.System.GetUtcNow().AddDays(1);
        for (var seed = 0; seed < 60; seed++)
        {
            var list = RandomList.Make(new Random(seed));
            var signed = Sign(list.Bytes, email => signer.Sign(email, expiresAt));

            var rest = signed.Output.AsSpan();
            var copy = new List<byte>();
            foreach (var row in list.Rows)
            {
                rest.StartsWith(row.Bytes).ShouldBeTrue($"seed {seed}, line {row.Line}");
                copy.AddRange(row.Bytes);
                rest = rest[row.Bytes.Length..];
                rest[0].ShouldBe(list.Separator);
                var end = rest.IndexOfAny((byte)'\r', (byte)'\n');
                var cell = Encoding.UTF8.GetString(end < 0 ? rest[1..] : rest[1..end]);
                rest = end < 0 ? [] : rest[end..];
                rest.StartsWith(row.LineEnd).ShouldBeTrue($"seed {seed}, line {row.Line}");
                copy.AddRange(row.LineEnd);
                rest = rest[row.LineEnd.Length..];
                if (row.Email is { } email)
                {
                    key.Verify(cell, email);
                }
                else
                {
                    cell.ShouldBe(row.Line == list.Rows[0].Line ? "url" : "");
                }
            }

            rest.Length.ShouldBe(0);
            copy.SequenceEqual(list.Bytes).ShouldBeTrue($"seed {seed}");
            signed.NotSigned.ShouldBe(list.Rows.Skip(1).Where(row => row.Email is null).Select(row => row.Line), $"seed {seed}");
        }
    }

    private static string ManyRows(int count) => new StringBuilder("email\n").Insert(6, "jane@example.com\n", count).ToString();

    private static CustomerList NewList() => new(email => $"L:{email.Value}", "email", "url", (_, _) => { });

    private string SignText(string input, string emailColumn = "email", string linkColumn = "url") =>
        Encoding.UTF8.GetString(Sign(Encoding.UTF8.GetBytes(input), emailColumn: emailColumn, linkColumn: linkColumn).Output);

    private Signed Sign(byte[] input, Func<EmailAddress, string>? sign = null, string emailColumn = "email", string linkColumn = "url")
    {
        var notSigned = new List<long>();
        var reasons = new List<string>();
        File.WriteAllBytes(Input.FullName, input);
        var counts = new CustomerList(sign ?? (email => $"L:{email.Value}"), emailColumn, linkColumn, Tell).Sign(Input, Output, _ => { }, CancellationToken.None);
        return new Signed(File.ReadAllBytes(Output.FullName), counts, notSigned, reasons);

        void Tell(long line, string reason)
        {
            notSigned.Add(line);
            reasons.Add(reason);
        }
    }

    private sealed record Signed(byte[] Output, SignedRows Counts, List<long> NotSigned, List<string> Reasons);

    /// <summary>A row of a random list: its line, its bytes up to the line end, the line end with blank lines after it, and its address.</summary>
    private sealed record Row(long Line, byte[] Bytes, byte[] LineEnd, string? Email);

    private sealed record RandomList(byte[] Bytes, byte Separator, IReadOnlyList<Row> Rows)
    {
        private static readonly byte[][] LineEnds = ["\n"u8.ToArray(), "\r\n"u8.ToArray(), "\r"u8.ToArray()];
        private static readonly string[] Addresses = ["jane@example.com", "a+b@example.com", "O'Hara@example.com", "zoë@münchen.example", "🧺@example.com", "%41&b=#@example.com"];
        private static readonly string[] NoAddresses = ["", "nobody", "a@b@c", "@", "two words@example.com"];

        public static RandomList Make(Random random)
        {
            var separator = ",;\t"[random.Next(3)];
            var lineEnd = LineEnds[random.Next(LineEnds.Length)];
            var columns = random.Next(2, 6);
            var emailColumn = random.Next(columns);
            List<byte> all = random.Next(2) == 0 ? [] : [.. Encoding.UTF8.Preamble];
            var start = all.Count;
            var rows = new List<Row>();
            var count = random.Next(1, 50);
            var line = 1L;
            for (var i = 0; i < count; i++)
            {
                var email = i > 0 && random.Next(3) > 0 ? Addresses[random.Next(Addresses.Length)] : null;
                var emailCell = i == 0 ? "Email" : email ?? NoAddresses[random.Next(NoAddresses.Length)];
                List<byte> bytes = [];
                for (var column = 0; column < columns; column++)
                {
                    bytes.AddRange(column == 0 ? [] : [(byte)separator]);
                    bytes.AddRange(column == emailColumn ? Quote(Encoding.UTF8.GetBytes(emailCell), random.Next(2) == 0)
                        : i == 0 ? Encoding.UTF8.GetBytes($"column {column}")
                        : RandomCell(random));
                }

                byte[] end = i == count - 1 && random.Next(2) == 0 ? [] : [.. Enumerable.Repeat(lineEnd, random.Next(4) == 0 ? 3 : 1).SelectMany(bytes => bytes)];
                byte[] whole = [.. i == 0 ? all[..start] : [], .. bytes];
                rows.Add(new Row(line, whole, end, email));
                all.AddRange(bytes);
                all.AddRange(end);
                line += LineEndsIn([.. bytes, .. end]);
            }

            return new RandomList([.. all], (byte)separator, rows);
        }

        private static byte[] RandomCell(Random random)
        {
            var cell = new byte[random.Next(random.Next(50) == 0 ? 9000 : 12)];
            var palette = ",;\t|\"\r\n =+-@a\0\u001f"u8;
            for (var i = 0; i < cell.Length; i++)
            {
                cell[i] = random.Next(3) == 0 ? (byte)random.Next(0x20, 0x100) : palette[random.Next(palette.Length)];
            }

            return Quote(cell, cell.Any(b => ",;\t|\"\r\n".Contains((char)b, StringComparison.Ordinal)) || random.Next(2) == 0);
        }

        private static byte[] Quote(byte[] cell, bool must) =>
            must ? [(byte)'"', .. cell.SelectMany(b => b == '"' ? (byte[])[b, b] : [b]), (byte)'"'] : cell;

        private static int LineEndsIn(byte[] row) => row.Where((b, i) => b == '\n' || (b == '\r' && (i + 1 == row.Length || row[i + 1] != '\n'))).Count();
    }
}
