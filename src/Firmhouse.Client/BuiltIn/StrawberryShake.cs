// The part of StrawberryShake's own types that an application uses: same names, same namespace, same signatures.

using System.Diagnostics.CodeAnalysis;

namespace StrawberryShake;

/// <summary>The result of an operation: data, errors, or both.</summary>
public interface IOperationResult
{
    /// <summary>The data, or <see langword="null"/> if the response had none, or it did not match the schema.</summary>
    object? Data { get; }

    /// <summary>The type of <see cref="Data"/>.</summary>
    Type DataType { get; }

    /// <summary>The errors in the response, and those found while reading it.</summary>
    IReadOnlyList<IClientError> Errors { get; }

    /// <summary>The response's <c>extensions</c>.</summary>
    IReadOnlyDictionary<string, object?> Extensions { get; }

    /// <summary>Data that the transport passes to the caller.</summary>
    IReadOnlyDictionary<string, object?> ContextData { get; }
}

/// <summary>The result of an operation whose data is a <typeparamref name="TResultData"/>.</summary>
/// <typeparam name="TResultData">The type of the data.</typeparam>
public interface IOperationResult<TResultData> : IOperationResult
    where TResultData : class
{
    /// <summary>The data, or <see langword="null"/> if the response had none, or it did not match the schema.</summary>
    new TResultData? Data { get; }
}

/// <summary>One error of an operation.</summary>
public interface IClientError
{
    /// <summary>The message, the server's or the client's.</summary>
    string Message { get; }

    /// <summary>The server's <c>extensions.code</c>, or the client's own code.</summary>
    string? Code { get; }

    /// <summary>The path in the data: field names and list indexes.</summary>
    IReadOnlyList<object>? Path { get; }

    /// <summary>The locations in the operation's text.</summary>
    IReadOnlyList<Location>? Locations { get; }

    /// <summary>The exception behind an error that the client found.</summary>
    Exception? Exception { get; }

    /// <summary>The error's <c>extensions</c>.</summary>
    IReadOnlyDictionary<string, object?>? Extensions { get; }
}

/// <summary>A location in an operation's text; the first line and the first column are 1.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "Nothing compares locations, and the package's type has no equality of its own either.")]
public readonly struct Location
{
    /// <summary>Creates a location.</summary>
    /// <param name="line">The line, from 1.</param>
    /// <param name="column">The column, from 1.</param>
    public Location(int line, int column)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(line, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(column, 1);
        Line = line;
        Column = column;
    }

    /// <summary>The line, from 1.</summary>
    public int Line { get; }

    /// <summary>The column, from 1.</summary>
    public int Column { get; }
}

/// <summary>Where a result may come from.</summary>
public enum ExecutionStrategy
{
    /// <summary>The store if it has a result, else the network.</summary>
    CacheFirst,

    /// <summary>The store first, then the network.</summary>
    CacheAndNetwork,

    /// <summary>Always the network.</summary>
    NetworkOnly,
}

/// <summary>Identifies a client's builder; this client has no store behind it.</summary>
[SuppressMessage("Design", "CA1040", Justification = "The package's members are about its store, which is not built here.")]
public interface IStoreAccessor;

/// <summary>Configures a client that was added to the services.</summary>
/// <typeparam name="T">Identifies the client among several.</typeparam>
public interface IClientBuilder<T>
    where T : IStoreAccessor
{
    /// <summary>The client's name, and that of its <see cref="HttpClient"/>.</summary>
    string ClientName { get; }

    /// <summary>The services that the client was added to.</summary>
    IServiceCollection Services { get; }
}

/// <summary>Extensions of a result.</summary>
public static class OperationResultExtensions
{
    /// <summary>Throws if there are errors.</summary>
    /// <param name="result">The result in question.</param>
    /// <exception cref="GraphQLClientException">There are errors.</exception>
    public static void EnsureNoErrors(this IOperationResult result)
    {
        if (result.IsErrorResult())
        {
            throw new GraphQLClientException(result.Errors);
        }
    }

    /// <summary>Whether there are errors; there may be data as well.</summary>
    /// <param name="result">The result in question.</param>
    /// <returns><see langword="true"/> if there are errors.</returns>
    public static bool IsErrorResult(this IOperationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return result.Errors.Count > 0;
    }

    /// <summary>Whether there are no errors; there may still be no data.</summary>
    /// <param name="result">The result in question.</param>
    /// <returns><see langword="true"/> if there are no errors.</returns>
    public static bool IsSuccessResult(this IOperationResult result) => !result.IsErrorResult();
}

/// <summary>Errors of an operation, for a caller that asked for an exception.</summary>
[SuppressMessage("Design", "CA1032", Justification = "It represents the errors of a result, so it is created from errors only.")]
public class GraphQLClientException : Exception
{
    /// <summary>Wraps the errors of a result.</summary>
    /// <param name="errors">The errors.</param>
    public GraphQLClientException(IEnumerable<IClientError> errors)
        : this([.. errors])
    {
    }

    private GraphQLClientException(IClientError[] errors)
        : base(string.Join('\n', errors.Select(error => error.Message))) => Errors = errors;

    /// <summary>The errors of the result.</summary>
    public IReadOnlyList<IClientError> Errors { get; }
}
