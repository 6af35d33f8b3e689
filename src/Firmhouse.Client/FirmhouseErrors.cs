using System.Net;
using StrawberryShake;

namespace Firmhouse.Client;

/// <summary>Tells which top-level GraphQL errors, and which exceptions of the typed client, an operator has to fix.</summary>
internal static class FirmhouseErrors
{
    /// <summary>What an error shows to be misconfigured; null when it shows nothing of the kind.</summary>
    public static Misconfiguration? MisconfigurationOf(IClientError error) => error switch
    {
        { Exception: { } exception and (HttpRequestException or IOException or OperationCanceledException) } => MisconfigurationOf(exception),

        // SS1000: the answer does not fit the schema that the client was generated from.
        { Code: "SS1000" } => Misconfiguration.SchemaMismatch,
        { Code: var code } when IsAboutTheOperation(code) => Misconfiguration.SchemaMismatch,
        { Code: var code } when IsAboutAccess(code) => Misconfiguration.AccessTokenRejected,
        _ => null,
    };

    /// <summary>What an exception shows to be misconfigured; null when Firmhouse merely did not answer.</summary>
    public static Misconfiguration? MisconfigurationOf(Exception exception) => exception switch
    {
        FirmhouseException { Failure: FirmhouseFailure.AccessTokenRejected } or HttpRequestException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => Misconfiguration.AccessTokenRejected,
        FirmhouseException { Failure: FirmhouseFailure.SchemaMismatch } => Misconfiguration.SchemaMismatch,
        HttpRequestException or IOException or OperationCanceledException => null,

        // The handler below the client has seen a GraphQL document, so the client could not read the values in it.
        // The package throws then; the built-in client returns an error.
        _ => Misconfiguration.SchemaMismatch,
    };

    // The codes of graphql-ruby's static validation, and of servers based on graphql-js, for an operation that does not fit.
    private static bool IsAboutTheOperation(string? code) =>
        code is "undefinedField" or "undefinedType" or "argumentNotAccepted" or "argumentLiteralsIncompatible" or "missingRequiredArguments"
            or "missingRequiredInputObjectAttribute" or "selectionMismatch" or "variableMismatch" or "variableRequiresValidType"
            or "GRAPHQL_VALIDATION_FAILED" or "GRAPHQL_PARSE_FAILED";

    private static bool IsAboutAccess(string? code) =>
        code is "UNAUTHENTICATED" or "UNAUTHORIZED" or "NOT_AUTHORIZED" or "FORBIDDEN" or "AUTHENTICATION_ERROR" or "AUTH_NOT_AUTHENTICATED" or "AUTH_NOT_AUTHORIZED";
}
