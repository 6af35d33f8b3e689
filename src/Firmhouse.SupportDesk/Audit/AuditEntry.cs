using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace Firmhouse.SupportDesk.Audit;

internal static class AuditKind
{
    public const string LoginRequested = "login-requested"; // written before Firmhouse is called
    public const string LoginEnded = "login-ended"; // About is the entry of the request
    public const string Read = "read";
    public const string Exported = "exported"; // by an auditor, or by an operator's command
    public const string Forgotten = "forgotten"; // Detail lists of which entries
}

/// <summary>One entry of the trail, as it is stored. Not a record, whose <c>ToString</c> would write the address.</summary>
internal class AuditEntry
{
    /// <summary>What the first entry names as the hash of the one before it.</summary>
    public const string NoHash = "0000000000000000000000000000000000000000000000000000000000000000";

    /// <summary>The <see cref="Issuer"/> of what the desk does by itself, and of what an operator does by a command.</summary>
    public const string Desk = "desk", Command = "command";

    // With the first field a later version can hash other fields, and still verify these.
    private const string Format = "1";

    private const string TimeFormat = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

    // Also as keyboards for Chinese and Japanese write it.
    private static readonly SearchValues<char> AtSigns = SearchValues.Create("@＠﹫");

    public long Sequence { get; set; } // 1, 2, 3 and so on without a gap
    public string At { get; set; } = string.Empty; // when, in UTC, to the microsecond: 2026-01-31T12:00:00.000000Z
    public string Kind { get; set; } = string.Empty; // one of AuditKind
    public long? About { get; set; } // the entry that this one completes; null for none
    public string Issuer { get; set; } = string.Empty; // who vouches for the person: the provider's issuer, or Command; Desk for nobody
    public string Subject { get; set; } = string.Empty; // who it was: the issuer's subject, or the system's user who ran the command
    public string Name { get; set; } = string.Empty; // what the person was called then, to be read; identifies nobody
    public string? Reason { get; set; } // one of Support:Reasons
    public string? Ticket { get; set; }
    public string? Consent { get; set; } // whether the customer was asked: asked, not-asked or in-writing
    public string? Outcome { get; set; } // how a login ended: an outcome's name
    public string? TokenExpiresAt { get; set; } // as Firmhouse gave it
    public string? ClientAddress { get; set; } // the employee's network address
    public string? TraceId { get; set; } // the trace, to be found in the log
    public string? Detail { get; set; } // what was read or exported, without the customer; of which entries was forgotten
    public string? PersonalHash { get; set; } // the keyed hash of the address and the note; null where there never was any
    public string PreviousHash { get; set; } = string.Empty;
    public string Hash { get; set; } = string.Empty;
    public string? Address { get; set; } // the customer's address; null if there is none, or none any more
    public string? Note { get; set; } // the employee's note; null if there is none, or none any more
    public string? Mailbox { get; set; } // see MailboxOf
    public string? PersonalKey { get; set; } // the key of PersonalHash: of this entry alone, and erased with what it hashes

    /// <summary>The text by which a customer is found: mail providers deliver J@… and j@… to one mailbox.</summary>
    public static string MailboxOf(string address) => address.Trim().ToUpperInvariant().Replace('＠', '@').Replace('﹫', '@');

    /// <summary>Whether a text may hold a customer's address, and so must not be kept where it cannot be erased.</summary>
    public static bool MayHoldAddress(string text) => text.AsSpan().ContainsAny(AtSigns);

    public static string Text(DateTimeOffset instant) => instant.UtcDateTime.ToString(TimeFormat);

    /// <summary>A stored instant; null where it is none.</summary>
    public static DateTimeOffset? Instant(string text) =>
        DateTimeOffset.TryParseExact(text, TimeFormat, formatProvider: null, DateTimeStyles.AssumeUniversal, out var instant) ? instant : null;

    /// <summary>SHA-256 over every field with its length, the hash of the entry before among them: 64 hex digits.</summary>
    public string ComputeHash()
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        Append(
            hash, Format, PreviousHash, $"{Sequence}", At, Kind, About?.ToString(), Issuer, Subject, Name, Reason, Ticket, Consent,
            Outcome, TokenExpiresAt, ClientAddress, TraceId, Detail, PersonalHash);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>The keyed hash of what is erased one day; null where there is nothing (any more).</summary>
    public string? ComputePersonalHash()
    {
        if (PersonalKey is null)
        {
            return null;
        }

        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, Encoding.UTF8.GetBytes(PersonalKey));
        Append(hash, Mailbox, Address, Note);
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    private static void Append(IncrementalHash hash, params ReadOnlySpan<string?> fields)
    {
        Span<byte> length = stackalloc byte[sizeof(int)];
        foreach (var field in fields)
        {
            var bytes = field is null ? [] : Encoding.UTF8.GetBytes(field);
            BinaryPrimitives.WriteInt32BigEndian(length, field is null ? -1 : bytes.Length);
            hash.AppendData(length);
            hash.AppendData(bytes);
        }
    }
}
