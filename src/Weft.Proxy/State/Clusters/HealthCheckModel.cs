using System.Collections.Immutable;
using System.Text;
using Weft.Model.V1;

namespace Weft.Proxy.State.Clusters;

/// <summary>How a cluster's endpoints are asked for their health. Immutable.</summary>
public sealed class HealthCheckModel
{
    /// <summary>Whatever was sent: no proxy asks more often.</summary>
    private static readonly TimeSpan IntervalMin = TimeSpan.FromMilliseconds(100);

    private static readonly TimeSpan IntervalDefault = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan TimeoutDefault = TimeSpan.FromSeconds(1);

    internal HealthCheckModel(HealthCheck check, string service)
    {
        Kind = check.ProbeCase;
        TimeSpan interval = check.Interval?.ToTimeSpan() ?? IntervalDefault;
        Interval = interval < IntervalMin ? IntervalMin : interval;
        Timeout = check.Timeout?.ToTimeSpan() is { Ticks: > 0 } timeout ? timeout : TimeoutDefault;
        UnhealthyAfter = (int)Math.Max(1, check.UnhealthyAfter);
        HealthyAfter = (int)Math.Max(1, check.HealthyAfter);
        Port = (int)check.Port;
        string host = check.Http is { Host.Length: > 0 } http ? http.Host : service;
        Host = Encoding.UTF8.GetBytes(host);
        string target = check.Http?.Path ?? "/";
        int query = target.IndexOf('?', StringComparison.Ordinal);
        Path = Encoding.UTF8.GetBytes(query < 0 ? target : target[..query]);
        QueryWithMark = Encoding.UTF8.GetBytes(query < 0 ? "" : target[query..]);
        Expect = check.Http is null ? [] : [.. check.Http.Expect.Select(e => (int)e)];
        GrpcService = Encoding.UTF8.GetBytes(check.Grpc?.Service ?? "");
    }

    public HealthCheck.ProbeOneofCase Kind { get; }

    public TimeSpan Interval { get; }

    public TimeSpan Timeout { get; }

    /// <summary>Failures in a row that take an endpoint out.</summary>
    public int UnhealthyAfter { get; }

    /// <summary>Successes in a row that bring it back.</summary>
    public int HealthyAfter { get; }

    /// <summary>Of the application; 0: the one that serves.</summary>
    public int Port { get; }

    /// <summary>Of HTTP probes, as is <see cref="Path"/>, its query, and the statuses that are good.</summary>
    internal ReadOnlyMemory<byte> Host { get; }

    internal ReadOnlyMemory<byte> Path { get; }

    internal ReadOnlyMemory<byte> QueryWithMark { get; }

    internal ImmutableArray<int> Expect { get; }

    /// <summary>Of grpc.health.v1; empty: the server as a whole.</summary>
    internal ReadOnlyMemory<byte> GrpcService { get; }
}
