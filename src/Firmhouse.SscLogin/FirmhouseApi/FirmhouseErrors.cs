using System.Net;
using StrawberryShake;

namespace Firmhouse.SscLogin.FirmhouseApi;

/// <summary>Tells which top-level GraphQL errors, and which exceptions of the typed client, an operator has to fix.</summary>
internal static class FirmhouseErrors
{
    /// <summary>What an error says is misconfigured, or null when it says nothing of the kind.</summary>
    public static Misconfiguration? MisconfigurationOf(IClientError error) => error switch
    {
        { Exception: { } exception and (HttpRequestException or IOException or OperationCanceledException) } => MisconfigurationOf(exception),

        // SS1000: the client could not fit the answer to the schema that it was generated from.
        { Code: "SS1000" } => Misconfiguration.SchemaMismatch,
        { Code: var code } when IsAboutTheOperation(code) => Misconfiguration.SchemaMismatch,
        { Code: var code } when IsAboutAccess(code) => Misconfiguration.AccessTokenRejected,
        _ => null,
    };

    /// <summary>What an exception says is misconfigured, or null when Firmhouse just did not answer.</summary>
    public static Misconfiguration? MisconfigurationOf(Exception exception) => exception switch
    {
        FirmhouseException { Failure: FirmhouseFailure.AccessTokenRejected } or HttpRequestException { StatusCode: HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden } => Misconfiguration.AccessTokenRejected,
        FirmhouseException { Failure: FirmhouseFailure.SchemaMismatch } => Misconfiguration.SchemaMismatch,
        HttpRequestException or IOException or OperationCanceledException => null,

        // The handler below the client has seen a GraphQL document, so it is the client that could not read the values in it.
        // The package throws from there; the built-in client hands an error over.
        _ => Misconfiguration.SchemaMismatch,
    };

    // The codes that graphql-ruby's static validation, and servers based on graphql-js, have for an operation that does not fit.
    private static bool IsAboutTheOperation(string? code) =>
        code is "undefinedField" or "undefinedType" or "argumentNotAccepted" or "argumentLiteralsIncompatible" or "missingRequiredArguments"
            or "missingRequiredInputObjectAttribute" or "selectionMismatch" or "variableMismatch" or "variableRequiresValidType"
            or "GRAPHQL_VALIDATION_FAILED" or "GRAPHQL_PARSE_FAILED";

    private static bool IsAboutAccess(string? code) =>
        code is "UNAUTHENTICATED" or "UNAUTHORIZED" or "NOT_AUTHORIZED" or "FORBIDDEN" or "AUTHENTICATION_ERROR" or "AUTH_NOT_AUTHENTICATED" or "AUTH_NOT_AUTHORIZED";
}
