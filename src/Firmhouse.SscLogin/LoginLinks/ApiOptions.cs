using System.Text;
using Firmhouse.SscLogin.Configuration;

namespace Firmhouse.SscLogin.LoginLinks;

/// <summary>Who may have links minted over HTTP: section <c>Api</c>. Without a key there is no such endpoint.</summary>
internal sealed class ApiOptions : ISettings
{
    /// <inheritdoc />
    public static string Section => "Api";

    /// <summary>The bearer keys by name.</summary>
    public Dictionary<string, ApiKeySettings> Keys { get; set; } = [];

    /// <inheritdoc />
    public IEnumerable<string> FindMistakes()
    {
        foreach (var (name, key) in Keys)
        {
            if (Encoding.UTF8.GetByteCount(key.Secret) < 32)
            {
                yield return $"Api:Keys:{name}:Secret: has fewer than 32 bytes. Make one with: openssl rand -hex 32";
            }

            if (!LoginLink.IsKeyId(key.Kid))
            {
                yield return $"Api:Keys:{name}:Kid: must be the id of the key in LoginLinks:Keys that its links are signed with.";
            }
        }
    }

    /// <summary>Finds what does not fit between this section and <c>LoginLinks</c>.</summary>
    public IEnumerable<string> FindMistakes(LoginLinkOptions links)
    {
        if (Keys.Count > 0 && links.PublicUrl.Length == 0)
        {
            yield return "LoginLinks:PublicUrl: is missing, and Api:Keys needs it. Give the address under which customers reach this service, such as https://login.example.com.";
        }

        foreach (var (name, key) in Keys.Where(entry => LoginLink.IsKeyId(entry.Value.Kid) && !links.Keys.ContainsKey(entry.Value.Kid)))
        {
            yield return $"Api:Keys:{name}:Kid: there is no key LoginLinks:Keys:{key.Kid}.";
        }
    }
}

/// <summary>One caller of the API: section <c>Api:Keys:&lt;name&gt;</c>.</summary>
internal sealed class ApiKeySettings
{
    /// <summary>The bearer key. At least 32 bytes.</summary>
    [Secret]
    public string Secret { get; set; } = string.Empty;

    /// <summary>The id of the one key in <c>LoginLinks:Keys</c> that this caller's links are signed with.</summary>
    public string Kid { get; set; } = string.Empty;
}
