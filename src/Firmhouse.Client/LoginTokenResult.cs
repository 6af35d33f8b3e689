namespace Firmhouse.Client;

/// <summary>What became of a request for a login token. Classes and not records, whose <c>ToString</c> would write the URL.</summary>
internal abstract class LoginTokenResult
{
    private LoginTokenResult()
    {
    }

    /// <summary>Everything that Firmhouse said about a login that it did not make: for staff only, and never to be logged.</summary>
    public IReadOnlyList<string> Messages { get; init; } = [];

    /// <param name="returnUrl">The checked <c>returnUrlWithToken</c>: a session, never to be logged.</param>
    /// <param name="expiresAt">When the token expires, as Firmhouse writes it.</param>
    internal sealed class Created(string returnUrl, string? expiresAt) : LoginTokenResult
    {
        public string ReturnUrl => returnUrl;

        public string? ExpiresAt => expiresAt;
    }

    /// <summary>Firmhouse has no completed subscription for the address.</summary>
    internal sealed class NoSubscription : LoginTokenResult;

    /// <summary>Firmhouse refuses this login: payload errors, or problems of the input.</summary>
    internal sealed class Refused(IReadOnlyList<LoginError> errors) : LoginTokenResult
    {
        public IReadOnlyList<LoginError> Errors => errors;
    }

    /// <summary>An operator has to fix something; the log says what.</summary>
    internal sealed class Misconfigured(Misconfiguration cause) : LoginTokenResult
    {
        public Misconfiguration Cause => cause;
    }

    /// <summary>Firmhouse cannot be reached, or cannot answer now.</summary>
    internal sealed class Unavailable(TimeSpan retryAfter) : LoginTokenResult
    {
        /// <summary>What Firmhouse asks for, what is left of the circuit's break, or an estimate; two minutes at most.</summary>
        public TimeSpan RetryAfter => retryAfter;
    }

    /// <summary>No complete answer within <c>Firmhouse:Timeout</c>.</summary>
    internal sealed class TimedOut : LoginTokenResult;
}

/// <summary>One of Firmhouse's reasons for refusing a login; shown to the caller, never logged.</summary>
/// <param name="Attribute">What it is about, such as <c>email</c> or a path into the input.</param>
/// <param name="Message">Firmhouse's message.</param>
internal sealed record LoginError(string Attribute, string Message);
