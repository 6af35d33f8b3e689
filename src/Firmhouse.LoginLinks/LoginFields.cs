namespace Firmhouse.LoginLinks;

/// <summary>
/// The four fields of a login, decoded, from a query or a form. A name that still carries the end of an HTML entity, or white
/// space around it, counts as the name: a template that writes <c>&amp;amp;exp=</c> into a link sends <c>amp;exp</c>, and such
/// a link is a signed one, never a bare address. Other parameters are ignored: e-mail tools append their own.
/// </summary>
internal sealed class LoginFields
{
    public const string EmailName = "email", ExpiresName = "exp", KeyIdName = "kid", SignatureName = "sig";

    // Of "&amp;" and its numeric forms, also where a tool has taken the semicolon off; the longer ones first.
    private static readonly string[] EntityRests = ["amp;", "amp", "#38;", "#038;", "#x26;"];

    private readonly List<string> _email = [], _expires = [], _keyId = [], _signature = [];

    private LoginFields()
    {
    }

    public IReadOnlyList<string> Email => _email;

    public IReadOnlyList<string> Expires => _expires;

    public IReadOnlyList<string> KeyId => _keyId;

    public IReadOnlyList<string> Signature => _signature;

    /// <summary>Whether a field is present that only a signed link has.</summary>
    public bool IsSigned => _expires.Count > 0 || _keyId.Count > 0 || _signature.Count > 0;

    public bool IsEmpty => _email.Count == 0 && !IsSigned;

    /// <summary>Picks the fields out of a query or a form.</summary>
    /// <param name="parameters">Names without regard to case, and their decoded values; a name may occur more than once.</param>
    public static LoginFields From(IEnumerable<KeyValuePair<string, string>> parameters)
    {
        var fields = new LoginFields();
        foreach (var (name, value) in parameters)
        {
            fields.ValuesOf(WithoutEntities(name.AsSpan().Trim()))?.Add(value);
        }

        return fields;
    }

    private List<string>? ValuesOf(ReadOnlySpan<char> name) =>
        name.Equals(EmailName, StringComparison.OrdinalIgnoreCase) ? _email
        : name.Equals(ExpiresName, StringComparison.OrdinalIgnoreCase) ? _expires
        : name.Equals(KeyIdName, StringComparison.OrdinalIgnoreCase) ? _keyId
        : name.Equals(SignatureName, StringComparison.OrdinalIgnoreCase) ? _signature
        : null;

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
