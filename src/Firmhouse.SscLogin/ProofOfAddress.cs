namespace Firmhouse.SscLogin;

/// <summary>
/// Whether a request proves an address: either <see cref="Proven"/> or <see cref="Refused"/>. Classes and not records,
/// whose <c>ToString</c> would write the address.
/// </summary>
internal abstract class ProofOfAddress
{
    private ProofOfAddress()
    {
    }

    /// <summary>The proof's name in log and metrics: <c>signed</c>, <c>unsigned</c>, <c>signed-in</c> or <c>none</c>.</summary>
    public abstract string Name { get; }

    /// <summary>The address is proven.</summary>
    /// <param name="email">The address, exactly as it was proven.</param>
    /// <param name="name">What proved it.</param>
    internal sealed class Proven(EmailAddress email, string name) : ProofOfAddress
    {
        /// <inheritdoc />
        public override string Name => name;

        /// <summary>The address.</summary>
        public EmailAddress Email => email;

        /// <summary>The label of the key, for a signed link.</summary>
        public string? Key { get; init; }

        /// <summary>Whether a person has to click before Firmhouse is called.</summary>
        public bool NeedsConfirmation { get; init; }

        /// <summary>What is remembered of a single-use link; null for a link that may be used repeatedly.</summary>
        public SingleUseLink? SingleUse { get; init; }

        /// <summary>The fields of a signed link, for the confirmation form; empty for any other proof.</summary>
        public IReadOnlyList<KeyValuePair<string, string>> SignedFields { get; init; } = [];
    }

    /// <summary>The address is not proven.</summary>
    /// <param name="outcome">How the login ends.</param>
    /// <param name="address">The text to fill the form in with; null or empty for none.</param>
    internal sealed class Refused(LoginOutcome outcome, string? address) : ProofOfAddress
    {
        /// <inheritdoc />
        public override string Name => "none";

        /// <summary>How the login ends.</summary>
        public LoginOutcome Outcome => outcome;

        /// <summary>The text to fill the form in with; null for none.</summary>
        public string? Address => string.IsNullOrEmpty(address) ? null : address;

        /// <summary>Why, in one word for the operator; null where the outcome says it all.</summary>
        public string? Reason { get; init; }
    }
}

/// <summary>A single-use link. A class and not a record, whose <c>ToString</c> would write the signature.</summary>
/// <param name="signature">The link's signature.</param>
/// <param name="keptUntil">Until when the link would be accepted again, and so has to be remembered.</param>
internal sealed class SingleUseLink(string signature, DateTimeOffset keptUntil)
{
    /// <summary>The link's signature; only its hash is stored.</summary>
    public string Signature => signature;

    /// <summary>Until when the link would be accepted again.</summary>
    public DateTimeOffset KeptUntil => keptUntil;
}
