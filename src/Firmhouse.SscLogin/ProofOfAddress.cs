using Microsoft.Extensions.Primitives;

namespace Firmhouse.SscLogin;

/// <summary>Finds out whether the fields of a request prove an address.</summary>
/// <param name="field">Gives the decoded values of a query's or a form's field.</param>
internal delegate ProofOfAddress ProveAddress(Func<string, StringValues> field);

/// <summary>Whether the address of a request is proven, and by what; or the outcome that says why not.</summary>
internal sealed class ProofOfAddress
{
    /// <summary>Nothing was looked at.</summary>
    public static readonly ProofOfAddress None = new() { Name = "none" };

    private ProofOfAddress()
    {
    }

    /// <summary>The proven address; null when it is not.</summary>
    public EmailAddress? Email { get; private init; }

    /// <summary>The address as it was given, proven or not, for a form; null when there is none to read.</summary>
    public string? Address { get; private init; }

    /// <summary>The proof's name in log and metrics: <c>signed</c>, <c>unsigned</c> or <c>none</c>.</summary>
    public required string Name { get; init; }

    /// <summary>The label of the key, for a signed link.</summary>
    public string? Key { get; private init; }

    /// <summary>The fields that a page must send again for a person to confirm; empty where none has to.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> FieldsToConfirm { get; private init; } = [];

    /// <summary>Why the address is not proven; null when it is.</summary>
    public LoginOutcome? Outcome { get; private init; }

    /// <summary>The operator's choice: an address is its own proof.</summary>
    public static ProofOfAddress Unsigned(EmailAddress email) => new() { Name = "unsigned", Email = email, Address = email.Value };

    /// <summary>A link's signature proves the address.</summary>
    /// <param name="email">The address.</param>
    /// <param name="key">The label of the key.</param>
    /// <param name="fieldsToConfirm">The signed fields when a person has to click first, else none.</param>
    public static ProofOfAddress Signed(EmailAddress email, string key, IReadOnlyList<KeyValuePair<string, string>> fieldsToConfirm) =>
        new() { Name = "signed", Email = email, Address = email.Value, Key = key, FieldsToConfirm = fieldsToConfirm };

    /// <summary>The address is not proven.</summary>
    /// <param name="outcome">Why.</param>
    /// <param name="address">The address as it was given; null when there is none to read.</param>
    public static ProofOfAddress Refused(LoginOutcome outcome, string? address) => new() { Name = "none", Outcome = outcome, Address = address };
}
