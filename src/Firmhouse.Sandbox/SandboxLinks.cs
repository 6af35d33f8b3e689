namespace Firmhouse.Sandbox;

/// <summary>The links that the sandbox offers to click. Signed links expire, so they are signed when they are shown, not when the sandbox starts.</summary>
internal sealed record SandboxLinks(Uri Service, bool SignedOnly, Func<string, string> Storefront, Func<string, string> Campaign)
{
    public Uri? Shop { get; init; }

    public Uri? SupportDesk { get; init; }

    /// <summary>The address alone, which proves nothing.</summary>
    public string Bare(string email) => $"{new Uri(Service, "ssc-login")}?email={Uri.EscapeDataString(email)}";

    /// <summary>The shortest link that the service takes for a proof of this address.</summary>
    public string Login(string email) => SignedOnly ? Storefront(email) : Bare(email);

    public string Trust => SignedOnly
        ? "The service trusts signed links only, as in production: an address alone leads to a page that offers to e-mail a login link."
        : "The service trusts every address it is given, so that a first try shows a login. Never run it like this on the internet; add --signed-only to see what production does.";

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
