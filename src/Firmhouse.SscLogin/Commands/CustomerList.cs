using System.Globalization;
using System.Text;
using CsvHelper;
using Firmhouse.LoginLinks;

namespace Firmhouse.SscLogin.Commands;

/// <param name="TooLong">Those whose link is longer than <see cref="LongestMergeField"/>.</param>
internal readonly record struct SignedRows(long Signed, long NotSigned, long TooLong)
{
    /// <summary>In bytes: what Mailchimp keeps of a merge field's text. It cuts off the rest, and so the signature.</summary>
    public const int LongestMergeField = 255;
}

/// <summary>
/// Adds a column of links to a CSV file. Everything else stays byte for byte as it is: the CSV reader only finds the end of
/// each row, and the file is copied with a cell inserted there. Memory does not grow with the file.
/// </summary>
/// <param name="sign">Creates the link for an address.</param>
/// <param name="emailColumn">The header of the column with the addresses; case and white space around it do not count.</param>
/// <param name="linkColumn">The header of the new column.</param>
/// <param name="notSigned">Called with the line of each row that gets no link, and the reason.</param>
internal sealed class CustomerList(Func<EmailAddress, string> sign, string emailColumn, string linkColumn, Action<long, string> notSigned)
{
    // One row. A quote that is never closed would otherwise swallow the rest of the file, and the memory.
    private const int MaxRowLength = 32 * 1024 * 1024;
    private const int RowsPerProgress = 10_000;

    // The column names that a message lists.
    private const int MaxNames = 20, MaxNameLength = 40;

    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <param name="output">The file to write. It gets its name when it is complete, and replaces an existing file.</param>
    /// <param name="progress">Called with the share that is done, from 0 to 1.</param>
    /// <param name="cancellationToken">Stops the work and leaves no file.</param>
    /// <exception cref="CommandException">The file is not CSV, or has no such column.</exception>
    /// <exception cref="IOException">A file cannot be read or written.</exception>
    public SignedRows Sign(FileInfo input, FileInfo output, Action<double> progress, CancellationToken cancellationToken)
    {
        // The output replaces whatever has its name, which must not be a device.
        if (output.FullName.StartsWith("/dev/", StringComparison.Ordinal))
        {
            throw new CommandException("--output: must be a file.");
        }

        var unfinished = $"{output.FullName}.{Guid.NewGuid():N}.tmp";
        try
        {
            SignedRows counts;
            using (var target = CreateForUsAlone(unfinished))
            {
                counts = Sign(input, target, progress, cancellationToken);
                target.Flush(flushToDisk: true);
            }

            File.Move(unfinished, output.FullName, overwrite: true);
            return counts;
        }
        catch (CsvFormatException exception)
        {
            throw new CommandException($"Line {exception.LineNumber}: this is not valid CSV. {exception.Message}");
        }
        finally
        {
            File.Delete(unfinished);
        }
    }

    private SignedRows Sign(FileInfo input, FileStream target, Action<double> progress, CancellationToken cancellationToken)
    {
        using var source = new FileStream(input.FullName, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 16, FileOptions.SequentialScan);
        if (!source.CanSeek)
        {
            throw new CommandException("The list cannot be read from a pipe, since it is read twice. Give a file.");
        }

        RefuseOtherFormats(source);

        using var reader = CsvReader.FromFile(input.FullName, new CsvReaderOptions
        {
            HasHeader = false,
            TrackLineNumbers = true,
            IncludeValuesInExceptions = false,
            MaxRecordSize = MaxRowLength,
            FieldCountMismatch = CsvFieldCountHandling.Allow,

            // A stray quote inside a field is common and harms nothing, since the row is copied as it is.
            OnMalformedRecord = RefuseUnclosedQuote,
        });
        if (!reader.Read())
        {
            throw new CommandException("The file is empty.");
        }

        var column = ColumnOf(reader);
        var cells = reader.FieldCount;
        var separator = (byte)reader.Separator;
        long signed = 0, missing = 0, tooLong = 0;
        CopyRow(reader, source, target, separator, linkColumn);
        while (reader.Read())
        {
            // With a cell more or less than the header, it is unknown which cell holds the address.
            var link = reader.FieldCount == cells ? LinkOf(reader, column) : string.Empty;
            CopyRow(reader, source, target, separator, link);
            if (link.Length > 0)
            {
                signed++;
                tooLong += Encoding.UTF8.GetByteCount(link) > SignedRows.LongestMergeField ? 1 : 0;
            }
            else
            {
                missing++;
                notSigned(reader.LineNumber, reader.FieldCount == cells
                    ? "no valid e-mail address"
                    : string.Create(CultureInfo.InvariantCulture, $"{reader.FieldCount} cells where the header has {cells}"));
            }

            if ((signed + missing) % RowsPerProgress == 0)
            {
                cancellationToken.ThrowIfCancellationRequested();
                progress((double)source.Position / source.Length);
            }
        }

        source.CopyTo(target);
        return new SignedRows(signed, missing, tooLong);
    }

    private static void RefuseUnclosedQuote(CsvMalformedRecord record)
    {
        if (record.Reason == CsvMalformedReason.UnterminatedQuote)
        {
            throw new CommandException($"Line {record.LineNumber}: a quote is opened and never closed.");
        }
    }

    private int ColumnOf(CsvReader header)
    {
        string[] names = [.. Enumerable.Range(0, header.FieldCount).Select(i => header.GetString(i).Trim())];
        if (names.Contains(linkColumn, StringComparer.OrdinalIgnoreCase))
        {
            throw new CommandException($"The file has a column {linkColumn} already. Choose another name with --link-column.");
        }

        int[] columns = [.. Enumerable.Range(0, names.Length).Where(i => names[i].Equals(emailColumn.Trim(), StringComparison.OrdinalIgnoreCase))];
        return columns.Length switch
        {
            1 => columns[0],
            0 when names.Any(static name => name.Any(static c => char.IsControl(c) && !char.IsWhiteSpace(c))) =>
                throw new CommandException("The file is not a list in CSV: its first line is not text. Save it as \"CSV UTF-8\" and try again."),
            0 => throw new CommandException($"The file has no column {emailColumn}, but {Listed(names)}. Name the one with the addresses with --email-column."),
            _ => throw new CommandException($"The file has {columns.Length} columns {emailColumn}. Rename those that do not hold the addresses to sign."),
        };
    }

    // A list without a header has a customer's address in its first row, which must not get into a terminal's log.
    private static string Listed(string[] names)
    {
        string[] shown = [.. names.Where(name => !name.Contains('@', StringComparison.Ordinal)).Select(name => name.Length <= MaxNameLength ? name : $"{name[..MaxNameLength]}…").Take(MaxNames)];
        return $"{string.Join(", ", shown)}{(shown.Length < names.Length ? $" and {names.Length - shown.Length} more" : "")}";
    }

    private string LinkOf(CsvReader row, int column)
    {
        try
        {
            return EmailAddress.TryParse(StrictUtf8.GetString(row.GetSpan(column)).Trim(), out var email) ? sign(email) : string.Empty;
        }
        catch (DecoderFallbackException)
        {
            return string.Empty;
        }
    }

    /// <summary>Copies the source up to the end of the reader's row, and appends a cell.</summary>
    private static void CopyRow(CsvReader reader, FileStream source, FileStream target, byte separator, string cell)
    {
        var length = reader.ByteOffset + reader.RawRecord.Length - source.Position;
        Span<byte> buffer = stackalloc byte[4096];
        while (length > 0)
        {
            var part = buffer[..(int)Math.Min(length, buffer.Length)];
            source.ReadExactly(part);
            target.Write(part);
            length -= part.Length;
        }

        target.WriteByte(separator);
        if (cell.AsSpan().IndexOfAny(['"', '\r', '\n', (char)separator]) >= 0)
        {
            cell = $"\"{cell.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
        }

        Span<byte> bytes = stackalloc byte[4096];
        target.Write(Encoding.UTF8.TryGetBytes(cell, bytes, out var written) ? bytes[..written] : Encoding.UTF8.GetBytes(cell));
    }

    // Every link in the file is a login.
    private static FileStream CreateForUsAlone(string path)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, Share = FileShare.None, BufferSize = 1 << 16 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        return new FileStream(path, options);
    }

    private static void RefuseOtherFormats(FileStream source)
    {
        Span<byte> buffer = stackalloc byte[4];
        ReadOnlySpan<byte> start = buffer[..source.ReadAtLeast(buffer, buffer.Length, throwOnEndOfStream: false)];
        source.Position = 0;

        // A zip archive, as .xlsx, .xlsm, .ods and .numbers are; and an OLE2 file, as .xls is.
        if (start.StartsWith("PK\x03\x04"u8) || start.StartsWith((ReadOnlySpan<byte>)[0xD0, 0xCF, 0x11, 0xE0]))
        {
            throw new CommandException("The file is a workbook, as Excel, LibreOffice and Numbers save it, and not CSV. Open it there, save the sheet with the addresses as \"CSV UTF-8\", and sign that file.");
        }

        // UTF-16 and UTF-32, with a byte order mark or without.
        if (start.StartsWith((ReadOnlySpan<byte>)[0xFF, 0xFE]) || start.StartsWith((ReadOnlySpan<byte>)[0xFE, 0xFF]) || start.Contains((byte)0))
        {
            throw new CommandException("The file is not UTF-8. Save it as \"CSV UTF-8\" and try again.");
        }
    }
}
