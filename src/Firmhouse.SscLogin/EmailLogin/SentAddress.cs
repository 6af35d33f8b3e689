using System.Buffers.Binary;
using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Firmhouse.Client;
using Firmhouse.Hosting.Settings;
using Firmhouse.LoginLinks;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.EmailLogin;

/// <summary>
/// Carries the address that was typed into the form to the page that follows it: sealed, so that no address stands in a URL,
/// and under a key of the settings, so that every replica opens it.
/// </summary>
internal sealed class SentAddress(IOptionsMonitor<FirmhouseOptions> options, TimeProvider time)
{
    public const string Parameter = "to";

    private static readonly TimeSpan Lifetime = TimeSpan.FromMinutes(10);

    // The framework's own time-limited protector goes by the machine's clock alone.
    private IDataProtector Protector => new SecretDataProtection(options.CurrentValue.AccessToken).CreateProtector(nameof(SentAddress));

    public string Seal(EmailAddress email)
    {
        var message = new byte[sizeof(long) + Encoding.UTF8.GetByteCount(email.Value)];
        BinaryPrimitives.WriteInt64BigEndian(message, (time.GetUtcNow() + Lifetime).ToUnixTimeSeconds());
        Encoding.UTF8.GetBytes(email.Value, message.AsSpan(sizeof(long)));
        return Base64Url.EncodeToString(Protector.Protect(message));
    }

    /// <returns>Null for what was not sealed here, or too long ago.</returns>
    public string? Open(string? text)
    {
        try
        {
            var message = Protector.Unprotect(Base64Url.DecodeFromChars(text));
            return BinaryPrimitives.ReadInt64BigEndian(message) >= time.GetUtcNow().ToUnixTimeSeconds() ? Encoding.UTF8.GetString(message.AsSpan(sizeof(long))) : null;
        }
        catch (Exception exception) when (exception is FormatException or CryptographicException)
        {
            return null;
        }
    }
}
