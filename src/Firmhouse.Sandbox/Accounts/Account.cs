namespace Firmhouse.Sandbox.Accounts;

/// <summary>Somebody who can sign in at the sandbox's provider; nobody has a password.</summary>
/// <param name="Id">The provider's permanent name for the account: the claim <c>sub</c>.</param>
/// <param name="Group">The group that says what an employee may do; null for customers.</param>
internal sealed record Account(string Id, string? Email, bool EmailVerified, string Description, string? Group = null)
{
    public const string AgentsGroup = "agents", AuditorsGroup = "auditors";

    public static readonly IReadOnlyList<Account> Customers =
    [
        Customer(TestAddresses.Customer, "has a subscription"),
        Customer("unknown@example.com", "has an account, but no subscription at this address"),
        Customer("unverified@example.com", "has never proven this address") with { EmailVerified = false },
        new("without-address", Email: null, EmailVerified: false, "has an account without an address"),
    ];

    public static readonly IReadOnlyList<Account> Employees =
    [
        Employee("agent@sandbox-shop.example", "helps customers", AgentsGroup),
        Employee("auditor@sandbox-shop.example", "reads the audit trail", AuditorsGroup),
    ];

    public static Account Customer(string email, string description) => new(email, email, EmailVerified: true, description);

    private static Account Employee(string email, string description, string group) => new(email, email, EmailVerified: true, description, group);
}

/// <summary>An application that is registered at the sandbox's provider.</summary>
/// <param name="CallbackPath">Where the provider sends people back to, on any loopback port (RFC 8252, section 7.3).</param>
internal sealed record AccountClient(string Id, string Secret, string CallbackPath, IReadOnlyList<Account> Accounts)
{
    public static readonly AccountClient LoginService =
        new("sandbox-login-service", "sandbox-login-service-secret-not-for-production", "/ssc-login/sign-in/callback", Account.Customers);

    public static readonly AccountClient SupportDesk =
        new("sandbox-support-desk", "sandbox-support-desk-secret-not-for-production", "/sign-in/callback", Account.Employees);

    public static AccountClient? Find(string? id) => id == LoginService.Id ? LoginService : id == SupportDesk.Id ? SupportDesk : null;

    public bool Allows(string? redirectUri) =>
        Uri.TryCreate(redirectUri, UriKind.Absolute, out var uri) && uri.IsLoopback && uri.AbsolutePath == CallbackPath && uri.Query.Length == 0;

    /// <summary>Finds an account that may sign in here. A customer may be anybody: any text with an @ counts as a verified address.</summary>
    public Account? FindAccount(string? id) =>
        Accounts.FirstOrDefault(account => account.Id == id)
        ?? (this == LoginService && id?.Contains('@', StringComparison.Ordinal) == true && Account.Employees.All(employee => employee.Id != id) ? Account.Customer(id, "") : null);
}
