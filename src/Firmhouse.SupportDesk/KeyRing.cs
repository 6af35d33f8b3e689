using System.Security.Cryptography;
using System.Xml.Linq;
using Firmhouse.Hosting.Settings;
using Microsoft.AspNetCore.DataProtection;
using Microsoft.AspNetCore.DataProtection.KeyManagement;
using Microsoft.AspNetCore.DataProtection.Repositories;
using Microsoft.AspNetCore.DataProtection.XmlEncryption;
using Microsoft.Extensions.Options;

namespace Firmhouse.SupportDesk;

/// <summary>Where the framework's data protection keeps the keys of sessions: in the desk's database, each sealed by AES-GCM under a
/// key derived (HKDF, RFC 5869) from the client secret. Whoever holds the secret alone has no key, and whoever holds the
/// database alone can neither read one nor put one in.</summary>
internal sealed partial class KeyRing(DeskDatabase database, IOptionsMonitor<SupportOptions> options, ILogger<KeyRing> logger) : IXmlRepository
{
    // The secret of the start; what a session is sealed with follows the secret in force (StaffSignIn).
    private readonly SecretDataProtection _seal = new(options.CurrentValue.SignIn.ClientSecret, "ssc-login-support key ring");

    private readonly HashSet<string> _unreadable = [];
    private WriteTransaction? _write;

    public static void Add(IServiceCollection services)
    {
        services.AddDataProtection().SetApplicationName("ssc-login-support");
        services.AddSingleton<KeyRing>();

        // Whole elements are sealed here, their dates among them: the framework's encryptors leave those as they are, and take a key that nobody encrypted.
        services.AddOptions<KeyManagementOptions>().Configure<KeyRing>(static (management, ring) => (management.XmlRepository, management.XmlEncryptor) = (ring, new NullXmlEncryptor()));
    }

    /// <summary>Makes a key where there is none that can be read and used. One replica does, and the others wait for it: of two first keys each would know its own.</summary>
    public async Task EnsureKeyAsync(IKeyManager keys, TimeSpan lifetime, CancellationToken cancellationToken)
    {
        await using var write = await database.BeginWriteAsync(cancellationToken);
        _write = write;
        try
        {
            // The framework goes by the machine's clock.
            var now = TimeProvider.System.GetUtcNow();
            if (!keys.GetAllKeys().Any(key => !key.IsRevoked && key.ActivationDate <= now && key.ExpirationDate > now))
            {
                keys.CreateNewKey(now, now + lifetime);
                await write.CommitAsync();
            }
        }
        finally
        {
            _write = null;
        }
    }

    /// <summary>The keys that can be read; what was sealed under another client secret, or put in by somebody else, is left out.</summary>
    public IReadOnlyCollection<XElement> GetAllElements()
    {
        const string Select = "SELECT name, element FROM ssc_support.data_protection_keys";

        // The framework's interface can only block.
        var rows = (_write?.QueryAsync<(string Name, string Element)>(Select, null, default) ?? database.QueryAsync<(string Name, string Element)>(Select, null, default)).GetAwaiter().GetResult();
        var elements = new List<XElement>();
        foreach (var (name, element) in rows)
        {
            if (Unseal(element) is { } text)
            {
                elements.Add(XElement.Parse(text));
            }
            else if (_unreadable.Add(name))
            {
                LogUnreadable();
            }
        }

        return elements;
    }

    public void StoreElement(XElement element, string friendlyName) => StoreAsync(friendlyName, _seal.Protect(element.ToString(SaveOptions.DisableFormatting))).GetAwaiter().GetResult();

    private async Task StoreAsync(string name, string element)
    {
        await using var own = _write is null ? await database.BeginWriteAsync(default) : null;
        await (own ?? _write!).ExecuteAsync("INSERT INTO ssc_support.data_protection_keys (name, element) VALUES (@name, @element)", new { name, element }, default);
        await (own?.CommitAsync() ?? Task.CompletedTask);
    }

    private string? Unseal(string sealedText)
    {
        try
        {
            return _seal.Unprotect(sealedText);
        }
        catch (CryptographicException)
        {
            return null;
        }
    }

    [LoggerMessage(707, LogLevel.Warning, "A key of the desk's sessions cannot be read and is left out: it was sealed under another Support:SignIn:ClientSecret. Sessions of before the change are over; where nobody changed the secret, somebody wrote into the table data_protection_keys")]
    private partial void LogUnreadable();
}
