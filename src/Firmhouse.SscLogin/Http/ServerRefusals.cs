using System.Diagnostics;
using System.Globalization;
using Firmhouse.SscLogin.Observability;
using Microsoft.AspNetCore.Http.Features;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Counts the requests that the server itself refuses, such as 431 for too many headers or 408 for a body that never
/// arrives: they do not reach any middleware. Kestrel reports them by its documented diagnostic event.
/// </summary>
internal sealed class ServerRefusals(DiagnosticListener diagnostics, SscLoginMetrics metrics) : IHostedService, IObserver<KeyValuePair<string, object?>>
{
    private const string BadRequest = "Microsoft.AspNetCore.Server.Kestrel.BadRequest";

    private IDisposable? _subscription;

    /// <inheritdoc />
    public Task StartAsync(CancellationToken cancellationToken)
    {
        _subscription = diagnostics.Subscribe(this, static name => name == BadRequest);
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public Task StopAsync(CancellationToken cancellationToken)
    {
        _subscription?.Dispose();
        return Task.CompletedTask;
    }

    /// <inheritdoc />
    public void OnNext(KeyValuePair<string, object?> value)
    {
        if (value.Value is IFeatureCollection features && features.Get<IBadRequestExceptionFeature>()?.Error is BadHttpRequestException refusal)
        {
            metrics.Refused(refusal.StatusCode.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <inheritdoc />
    public void OnCompleted()
    {
    }

    /// <inheritdoc />
    public void OnError(Exception error)
    {
    }
}
