using System.Collections.ObjectModel;
using StrawberryShake;

namespace Firmhouse.Client.BuiltIn;

/// <inheritdoc cref="IOperationResult{TResultData}"/>
internal sealed class OperationResult<TData>(
    TData? data,
    IReadOnlyList<IClientError> errors,
    IReadOnlyDictionary<string, object?>? extensions = null) : IOperationResult<TData>
    where TData : class
{
    public TData? Data => data;

    object? IOperationResult.Data => data;

    public Type DataType => typeof(TData);

    public IReadOnlyList<IClientError> Errors => errors;

    public IReadOnlyDictionary<string, object?> Extensions { get; } = extensions ?? ReadOnlyDictionary<string, object?>.Empty;

    public IReadOnlyDictionary<string, object?> ContextData => ReadOnlyDictionary<string, object?>.Empty;

    /// <summary>The result of an unusable response.</summary>
    public static OperationResult<TData> Unusable(Exception exception) => new(data: null, [ClientError.Unusable(exception)]);
}

/// <inheritdoc cref="IClientError"/>
internal sealed class ClientError(
    string message,
    string? code = null,
    IReadOnlyList<object>? path = null,
    IReadOnlyList<Location>? locations = null,
    Exception? exception = null,
    IReadOnlyDictionary<string, object?>? extensions = null) : IClientError
{
    /// <summary>StrawberryShake's code for a response that does not match the schema.</summary>
    private const string InvalidResult = "SS1000";

    public string Message => message;

    public string? Code => code;

    public IReadOnlyList<object>? Path => path;

    public IReadOnlyList<Location>? Locations => locations;

    public Exception? Exception => exception;

    public IReadOnlyDictionary<string, object?>? Extensions => extensions;

    // The package puts the stack trace into Extensions; it does not belong in what may be shown or logged.
    public static ClientError Unusable(Exception exception) => new(exception.Message, InvalidResult, exception: exception);
}
