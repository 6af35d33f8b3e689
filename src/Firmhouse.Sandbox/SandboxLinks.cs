namespace Firmhouse.Sandbox;

/// <summary>
/// The links that the sandbox offers to click. Signed links expire, so they are signed when they are shown, not when the sandbox starts.
/// </summary>
/// <param name="Service">Where the service listens.</param>
/// <param name="SignedOnly">The service trusts signed links only, as in production.</param>
/// <param name="Storefront">Signs a link for an address, as behind the "Manage subscription" link of a storefront.</param>
/// <param name="Campaign">Signs a link for an address that asks for a click on a button first, as in an e-mail campaign.</param>
internal sealed record SandboxLinks(Uri Service, bool SignedOnly, Func<string, string> Storefront, Func<string, string> Campaign)
{
    /// <summary>The shop whose accounts the service can sign customers in with; null when none runs.</summary>
    public Uri? Shop { get; init; }

    /// <summary>The support desk; null when none runs.</summary>
    public Uri? SupportDesk { get; init; }

    /// <summary>The address alone, which proves nothing.</summary>
    public string Bare(string email) => $"{new Uri(Service, "ssc-login")}?email={Uri.EscapeDataString(email)}";

    /// <summary>The shortest link that the service takes for a proof of this address.</summary>
    public string Login(string email) => SignedOnly ? Storefront(email) : Bare(email);

    /// <summary>Whom the service trusts, in plain words.</summary>
    public string Trust => SignedOnly
        ? "The service trusts signed links only, as in production: an address alone leads to a page that offers to e-mail a login link."
        : "The service trusts every address it is given, so that a first try shows a login. Never run it like this on the internet; add --signed-only to see what production does.";

    /// <summary>What the console says once everything runs.</summary>
    public string ToConsoleText(Uri standIn) =>
        $"""

        Firmhouse SSC Login, sandbox. Nothing here calls Firmhouse.

          Start here       {standIn}
          Outbox           {new Uri(standIn, "outbox")}
          Storefront link  {Storefront(TestAddresses.Customer)}
          Campaign link    {Campaign(TestAddresses.Customer)}
          Bare address     {Bare(TestAddresses.Customer)}
          Shop account     {Shop}
          Support desk     {SupportDesk?.ToString() ?? $"not started; add {SandboxOptions.SupportOption.Name}"}

        {Trust}
        Ctrl+C stops all of them.

        """;
}
