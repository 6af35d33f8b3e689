using System.Net;
using Firmhouse.SscLogin.Observability;
using Microsoft.AspNetCore.Connections;
using Microsoft.Extensions.Options;

namespace Firmhouse.SscLogin.Http;

/// <summary>
/// Limits the number of connections: in total by the available memory, and per client to a share of that. At the limit a
/// new connection replaces the one that has been idle longest without a complete request, so that a client which opens
/// many and sends nothing locks nobody out. Only if every connection is busy is the new one refused.
/// </summary>
/// <remarks>A known proxy's connections carry many clients, so they count only towards the total.</remarks>
internal sealed class ConnectionLimits(IOptions<ProxyOptions> proxies, SscLoginMetrics metrics)
{
    /// <summary>The most connections of one client: an IPv4 address, or an IPv6 /48.</summary>
    public const int MaxPerClient = 400;

    // The most memory that a connection takes: 32 KB of headers in the server's buffers, and as much again for everything
    // else. In a container of 256 MiB, three quarters of which are heap, that allows 1,536 connections
    // (tests/scripts/memory.sh).
    private const int BytesOfOne = 128 * 1024;

    private readonly int _most = (int)Math.Clamp(GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / BytesOfOne, 500, 20_000);
    private readonly Lock _lock = new();
    private readonly LinkedList<Held> _waiting = [];
    private readonly Dictionary<IPAddress, int> _clients = [];
    private int _count;

    /// <summary>Keeps the connection of a request that has arrived completely until it is answered.</summary>
    public static void Keep(HttpContext context)
    {
        if (context.Features.Get<Held>() is { } held)
        {
            held.Limits.Keep(held);
            context.Response.OnCompleted(static state =>
            {
                var held = (Held)state;
                held.Limits.Release(held);
                return Task.CompletedTask;
            }, held);
        }
    }

    /// <summary>Counts a connection for as long as it lasts, or refuses it.</summary>
    public async Task HoldAsync(ConnectionContext connection, ConnectionDelegate next)
    {
        var held = new Held(this, connection, ClientOf(connection));
        if (!TryAdd(held, out var evicted))
        {
            metrics.Refused("connection-limit");
            connection.Abort();
            return;
        }

        if (evicted is not null)
        {
            metrics.Refused("connection-limit");
            evicted.Connection.Abort(new ConnectionAbortedException("Too many connections."));
        }

        connection.Features.Set(held);
        try
        {
            await next(connection);
        }
        finally
        {
            Remove(held);
        }
    }

    private bool TryAdd(Held held, out Held? evicted)
    {
        lock (_lock)
        {
            evicted = null;
            var ofClient = held.Client is null ? 0 : _clients.GetValueOrDefault(held.Client);
            if (ofClient >= MaxPerClient || _count >= _most)
            {
                evicted = _waiting.FirstOrDefault(other => ofClient < MaxPerClient || held.Client!.Equals(other.Client));
                if (evicted is null)
                {
                    return false;
                }

                RemoveLocked(evicted);
            }

            _count++;
            if (held.Client is not null)
            {
                _clients[held.Client] = _clients.GetValueOrDefault(held.Client) + 1;
            }

            _waiting.AddLast(held.Place);
            return true;
        }
    }

    private void Keep(Held held)
    {
        lock (_lock)
        {
            if (held.Requests++ == 0 && !held.IsRemoved)
            {
                _waiting.Remove(held.Place);
            }
        }
    }

    private void Release(Held held)
    {
        lock (_lock)
        {
            if (--held.Requests == 0 && !held.IsRemoved)
            {
                _waiting.AddLast(held.Place);
            }
        }
    }

    private void Remove(Held held)
    {
        lock (_lock)
        {
            if (!held.IsRemoved)
            {
                RemoveLocked(held);
            }
        }
    }

    private void RemoveLocked(Held held)
    {
        held.IsRemoved = true;
        _count--;
        if (held.Place.List is not null)
        {
            _waiting.Remove(held.Place);
        }

        if (held.Client is not null)
        {
            var left = _clients[held.Client] - 1;
            if (left == 0)
            {
                _clients.Remove(held.Client);
            }
            else
            {
                _clients[held.Client] = left;
            }
        }
    }

    private IPAddress? ClientOf(ConnectionContext connection)
    {
        if (connection.RemoteEndPoint is not IPEndPoint endPoint)
        {
            return null;
        }

        var address = ClientNetwork.Normalize(endPoint.Address);
        return proxies.Value.Knows(address) ? null : ClientNetwork.Widest(address);
    }

    /// <summary>A connection that counts.</summary>
    private sealed class Held
    {
        public Held(ConnectionLimits limits, ConnectionContext connection, IPAddress? client)
        {
            (Limits, Connection, Client) = (limits, connection, client);
            Place = new LinkedListNode<Held>(this);
        }

        public ConnectionLimits Limits { get; }

        public ConnectionContext Connection { get; }

        /// <summary>Null for a known proxy.</summary>
        public IPAddress? Client { get; }

        /// <summary>Its place among the idle connections.</summary>
        public LinkedListNode<Held> Place { get; }

        /// <summary>Complete requests that are being answered: with HTTP/2 there may be several.</summary>
        public int Requests { get; set; }

        public bool IsRemoved { get; set; }
    }
}
