namespace Firmhouse.LoginLinks;

/// <summary>
/// The four fields of a login, from a query or a form. A name that still carries the end of an HTML entity, or white space
/// around it, counts as the name: a template that writes <c>&amp;amp;exp=</c> into a link sends <c>amp;exp</c>, and such
/// a link is a signed one, never a bare address.
/// </summary>
internal sealed class LoginFields
{
    /// <summary>The fields' names. Other parameters are ignored: e-mail tools append their own.</summary>
    public const string EmailName = "email", ExpiresName = "exp", KeyIdName = "kid", SignatureName = "sig";

    // Of "&amp;" and its numeric forms, also where a tool has taken the semicolon off; the longer ones first.
    private static readonly string[] EntityRests = ["amp;", "amp", "#38;", "#038;", "#x26;"];

    private LoginFields(List<string> email, List<string> expires, List<string> keyId, List<string> signature) =>
        (Email, Expires, KeyId, Signature) = (email, expires, keyId, signature);

    /// <summary>The decoded values of <c>email</c>.</summary>
    public IReadOnlyList<string> Email { get; }

    /// <summary>The decoded values of <c>exp</c>.</summary>
    public IReadOnlyList<string> Expires { get; }

    /// <summary>The decoded values of <c>kid</c>.</summary>
    public IReadOnlyList<string> KeyId { get; }

    /// <summary>The decoded values of <c>sig</c>.</summary>
    public IReadOnlyList<string> Signature { get; }

    /// <summary>Whether a field is present that only a signed link has.</summary>
    public bool IsSigned => Expires.Count > 0 || KeyId.Count > 0 || Signature.Count > 0;

    /// <summary>Whether there is no field at all.</summary>
    public bool IsEmpty => Email.Count == 0 && !IsSigned;

    /// <summary>Picks the fields out of a query or a form.</summary>
    /// <param name="parameters">Names without regard to case, and their decoded values; a name may occur more than once.</param>
    public static LoginFields From(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        List<string> email = [], expires = [], keyId = [], signature = [];
        foreach (var (name, value) in parameters)
        {
            switch (WithoutEntities(name.AsSpan().Trim()).ToString().ToLowerInvariant())
            {
                case EmailName:
                    email.Add(value);
                    break;
                case ExpiresName:
                    expires.Add(value);
                    break;
                case KeyIdName:
                    keyId.Add(value);
                    break;
                case SignatureName:
                    signature.Add(value);
                    break;
            }
        }

        return new LoginFields(email, expires, keyId, signature);
    }

    // A span, so that a name of nothing but entities is not copied for each of them.
    private static ReadOnlySpan<char> WithoutEntities(ReadOnlySpan<char> name)
    {
        while (LengthOfRest(name) is > 0 and var length)
        {
            name = name[length..];
        }

        return name;
    }

    private static int LengthOfRest(ReadOnlySpan<char> name)
    {
        foreach (var rest in EntityRests)
        {
            if (name.StartsWith(rest, StringComparison.OrdinalIgnoreCase))
            {
                return rest.Length;
            }
        }

        return 0;
    }
}
