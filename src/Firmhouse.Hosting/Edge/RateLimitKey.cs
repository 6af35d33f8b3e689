namespace Firmhouse.Hosting.Edge;

/// <summary>Whose allowance a request counts against, such as a client's or a mailbox's.</summary>
internal readonly record struct RateLimitKey(GcraLimiter Limiter, string Key);
