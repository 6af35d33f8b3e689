using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Firmhouse.Testing;

/// <summary>nginx before replicas, which get the requests in turns; <see cref="ReplicaHeader"/> says whose answer it is.</summary>
internal sealed class Nginx : IDisposable
{
    /// <summary>What a test needs that uses it.</summary>
    public const string Program = "nginx";

    /// <summary>A header of each answer: the replica that gave it, as host and port.</summary>
    public const string ReplicaHeader = "X-Replica";

    private const int MaxAttempts = 5;

    private readonly DirectoryInfo _directory;
    private readonly Process _process;

    private Nginx(DirectoryInfo directory, Process process, int port) => (_directory, _process, Address) = (directory, process, new Uri($"http://127.0.0.1:{port}"));

    /// <summary>Where it listens.</summary>
    public Uri Address { get; }

    /// <summary>Starts it, and waits until it serves.</summary>
    public static async Task<Nginx> StartAsync(params IEnumerable<Service> replicas)
    {
        var directory = Directory.CreateTempSubdirectory("ssc-login-nginx");
        for (var attempt = 1; ; attempt++)
        {
            var port = FreePort();
            await File.WriteAllTextAsync(Path.Combine(directory.FullName, "nginx.conf"), Configuration(port, replicas));
            var process = Executable.Start(Program, ["-p", directory.FullName, "-c", "nginx.conf", "-e", "stderr", "-g", "daemon off;"]);
            var said = await ReadUntilServingAsync(process);
            if (said is null)
            {
                return new Nginx(directory, process, port);
            }

            // Somebody else may have taken the port meanwhile.
            process.Dispose();
            if (attempt == MaxAttempts)
            {
                throw new InvalidOperationException($"nginx did not start: {said}");
            }
        }
    }

    public void Dispose()
    {
        _process.Kill(entireProcessTree: true);
        _process.WaitForExit();
        _process.Dispose();
        _directory.Delete(recursive: true);
    }

    // Null when it serves; else what it said before it ended.
    private static async Task<string?> ReadUntilServingAsync(Process process)
    {
        var said = "";
        while (await process.StandardError.ReadLineAsync().WaitAsync(Timeouts.Hang) is { } line)
        {
            if (line.Contains("start worker process", StringComparison.Ordinal))
            {
                return null;
            }

            said += line + Environment.NewLine;
        }

        return said;
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    // One worker, since each takes turns by itself.
    private static string Configuration(int port, IEnumerable<Service> replicas) =>
        $$"""
        worker_processes 1;
        pid nginx.pid;
        error_log stderr notice;
        events { }
        http {
          access_log off;
          client_body_temp_path body; proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
          upstream replicas { {{string.Concat(replicas.Select(replica => $"server {replica.Address.Authority}; "))}}}
          server {
            listen 127.0.0.1:{{port}};
            location / {
              proxy_pass http://replicas;
              proxy_set_header Host $http_host;
              add_header {{ReplicaHeader}} $upstream_addr always;
            }
          }
        }
        """;
}
