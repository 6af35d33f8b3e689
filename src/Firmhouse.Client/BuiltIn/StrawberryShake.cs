// The part of StrawberryShake's own types that an application meets: same names, same namespace, same signatures.

using System.Diagnostics.CodeAnalysis;
using Microsoft.Extensions.DependencyInjection;

namespace StrawberryShake;

/// <summary>What came of an operation: data, errors, or both.</summary>
public interface IOperationResult
{
    /// <summary>The data, or <see langword="null"/> if the answer had none or it did not fit the schema.</summary>
    object? Data { get; }

    /// <summary>The type that <see cref="Data"/> has when it is there.</summary>
    Type DataType { get; }

    /// <summary>The errors that the server answered and those found in reading its answer.</summary>
    IReadOnlyList<IClientError> Errors { get; }

    /// <summary>What the server put into the answer's <c>extensions</c>.</summary>
    IReadOnlyDictionary<string, object?> Extensions { get; }

    /// <summary>What the transport left for the caller.</summary>
    IReadOnlyDictionary<string, object?> ContextData { get; }
}

/// <summary>What came of an operation whose data is a <typeparamref name="TResultData"/>.</summary>
/// <typeparam name="TResultData">The type of the data.</typeparam>
public interface IOperationResult<TResultData> : IOperationResult
    where TResultData : class
{
    /// <summary>The data, or <see langword="null"/> if the answer had none or it did not fit the schema.</summary>
    new TResultData? Data { get; }
}

/// <summary>One error of an operation.</summary>
public interface IClientError
{
    /// <summary>What went wrong, in the words of the server or of the client.</summary>
    string Message { get; }

    /// <summary>The server's <c>extensions.code</c>, or the client's own code.</summary>
    string? Code { get; }

    /// <summary>Where in the data it went wrong: names of fields and indexes of lists.</summary>
    IReadOnlyList<object>? Path { get; }

    /// <summary>Where in the operation's text it went wrong.</summary>
    IReadOnlyList<Location>? Locations { get; }

    /// <summary>The exception behind the error, when the client found it.</summary>
    Exception? Exception { get; }

    /// <summary>What the server put into the error's <c>extensions</c>.</summary>
    IReadOnlyDictionary<string, object?>? Extensions { get; }
}

/// <summary>A place in an operation's text; the first line and the first column are 1.</summary>
[SuppressMessage("Performance", "CA1815", Justification = "Nothing compares places, and the package's type has no equality of its own either.")]
public readonly struct Location
{
    /// <summary>Names a place.</summary>
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
    /// <summary>The store if it has one, else the network.</summary>
    CacheFirst,

    /// <summary>The store at once, and the network afterwards.</summary>
    CacheAndNetwork,

    /// <summary>Always the network.</summary>
    NetworkOnly,
}

/// <summary>What a client's builder is told apart by; this client keeps no store behind it.</summary>
[SuppressMessage("Design", "CA1040", Justification = "The package's members are about its store, which is not built here.")]
public interface IStoreAccessor;

/// <summary>Configures a client after it was added to the services.</summary>
/// <typeparam name="T">Tells the clients of an application apart.</typeparam>
public interface IClientBuilder<T>
    where T : IStoreAccessor
{
    /// <summary>The client's name, and that of its <see cref="HttpClient"/>.</summary>
    string ClientName { get; }

    /// <summary>The services that the client was added to.</summary>
    IServiceCollection Services { get; }
}

/// <summary>Short questions to a result.</summary>
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

    /// <summary>Whether there are errors; there may be data all the same.</summary>
    /// <param name="result">The result in question.</param>
    /// <returns><see langword="true"/> if there are errors.</returns>
    public static bool IsErrorResult(this IOperationResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        return result.Errors.Count > 0;
    }

    /// <summary>Whether there are no errors; there may be no data either.</summary>
    /// <param name="result">The result in question.</param>
    /// <returns><see langword="true"/> if there are no errors.</returns>
    public static bool IsSuccessResult(this IOperationResult result) => !result.IsErrorResult();
}

/// <summary>Errors of an operation, for a caller that asked for an exception.</summary>
[SuppressMessage("Design", "CA1032", Justification = "It stands for errors of a result, so it is made of errors only.")]
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
