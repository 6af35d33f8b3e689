namespace Firmhouse.SscLogin.Http;

/// <summary>One of the allowances that a request counts against.</summary>
/// <param name="Table">The limit.</param>
/// <param name="Key">Whose allowance it is, such as a client's or a mailbox's. Stored only as a keyed hash.</param>
internal readonly record struct Charge(RateTable Table, string Key);
