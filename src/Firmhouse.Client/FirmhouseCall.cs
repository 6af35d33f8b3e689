using System.Diagnostics;
using Firmhouse.LoginLinks;

namespace Firmhouse.Client;

/// <summary>
/// What the handlers below the typed client must know of a call: whether it may be repeated, and which customer it is about.
/// The client (ours or the package's) makes the HTTP request itself and has no parameter that reaches it, so the call is
/// ambient, like <see cref="System.Diagnostics.Activity.Current"/>: it is visible to everything that the method which set it
/// awaits, and to nothing else. The alternative would be to parse our own request body.
/// </summary>
internal sealed class FirmhouseCall
{
    /// <summary>The operations, as metrics and spans name them.</summary>
    public const string Login = "login", Email = "email";

    private static readonly AsyncLocal<FirmhouseCall?> Ambient = new();

    private FirmhouseCall(string operation, string address) => (Operation, Address) = (operation, address);

    /// <summary>The call in progress.</summary>
    public static FirmhouseCall Current => Ambient.Value ?? throw new UnreachableException("A call to Firmhouse was not declared.");

    /// <summary><see cref="Login"/> or <see cref="Email"/>; each has a circuit of its own.</summary>
    public string Operation { get; }

    /// <summary>The customer's address. Kept in memory only.</summary>
    public string Address { get; }

    /// <summary>Whether a repetition is harmless: a second login token is, a second e-mail is not.</summary>
    public bool MayBeRepeated => Operation == Login;

    /// <summary>Whether this call's failures count for its circuit; null until the first one. See <see cref="FirmhouseCircuit"/>.</summary>
    public bool? FailuresCount { get; set; }

    /// <summary>Declares that the calling async method is about to request a login token.</summary>
    public static void BeginLogin(EmailAddress email) => Ambient.Value = new FirmhouseCall(Login, email.Value);

    /// <summary>Declares that the calling async method is about to request an e-mail.</summary>
    public static void BeginEmail(EmailAddress email) => Ambient.Value = new FirmhouseCall(Email, email.Value);
}
