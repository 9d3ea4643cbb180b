using Weft.Proxy.State;
using Weft.Protocol.Discovery.V1;
using Weft.Telemetry.Logging;
using Weft.Transport;

namespace Weft.Proxy.Control;

/// <summary>How far this proxy is connected; read by any thread.</summary>
internal sealed record ControlStatus(bool IsConnected, string LastProblem, int Sessions);

/// <summary>
/// Keeps the proxy connected to its control plane: identity first, then one connection with the discovery stream and the telemetry stream; again
/// with growing pauses when it is lost. Control loop only.
/// </summary>
internal sealed class ControlClient
{
    /// <summary>A failed renewal is tried again after this; there is half a certificate's life for it.</summary>
    private const long RenewRetryMs = 30_000;

    /// <summary>Waits are cut so that a changed clock (a suspended laptop) is noticed.</summary>
    private const double RenewLookMs = 60_000;

    private readonly EventLoop _loop;
    private readonly IControlDialer _dialer;
    private readonly IdentityKeeper _identity;
    private readonly DiscoverySession _session;
    private readonly EventLog _log;
    private readonly TimeProvider _time;
    private readonly Random _random = new();
    private readonly Backoff _backoff;
    private IGrpcConnection? _connection;
    private volatile ControlStatus _status = new(false, "not tried yet", 0);
    private bool _stopping;

    public ControlClient(EventLoop loop, IControlDialer dialer, IdentityKeeper identity, DiscoverySession session, TimeProvider time, EventLog log)
    {
        _loop = loop;
        _dialer = dialer;
        _identity = identity;
        _session = session;
        _time = time;
        _log = log;
        _backoff = new Backoff(_random);
    }

    public ControlStatus Status => _status;

    /// <summary>Called on the loop with each connection that stands, to start what else goes over it.</summary>
    public Action<IGrpcConnection> Connected { get; set; } = static _ => { };

    /// <summary>Runs until <see cref="Stop"/>.</summary>
    public async LoopTask RunAsync()
    {
        _loop.Supervise(RenewAsync(), "identity-renewal");
        while (!_stopping)
        {
            string problem = await ConnectAndServeAsync();
            _connection = null;
            if (_stopping)
            {
                return;
            }

            // The same answer again is no news: a control plane that is down for a day must not fill the log.
            if (_status.IsConnected || _status.LastProblem != problem)
            {
                _log.Write(_status.IsConnected ? ControlLog.Lost : ControlLog.Unreachable, $"{problem}; serving from the last good state");
            }

            _status = _status with { IsConnected = false, LastProblem = problem };
            await _loop.DelayAsync(_backoff.NextMs());
        }
    }

    /// <summary>The last words (draining) were sent before; ends the streams.</summary>
    public void Stop()
    {
        _stopping = true;
        _connection?.Close();
    }

    /// <summary>Until the connection ends; says why it did.</summary>
    private async LoopTask<string> ConnectAndServeAsync()
    {
        if (_identity.Current is null || _identity.IsExpired)
        {
            string? failed = await FirstIdentityAsync();
            if (failed is not null)
            {
                return failed;
            }
        }

        IGrpcConnection connection = _dialer.Open(TlsContext.Client(_identity.ControlTls()));
        _connection = connection;
        string end = await _session.RunAsync(connection, () => OnAnswered(connection));
        connection.Close();
        if (!_status.IsConnected && _session.WasRefused)
        {
            // A saved certificate of another time (the pod was made anew, the mesh founded again): the token may still prove who we are.
            _identity.ForgetIfReplaceable();
        }

        return end;
    }

    private void OnAnswered(IGrpcConnection connection)
    {
        if (!_status.IsConnected)
        {
            _backoff.Reset();
            _status = new ControlStatus(true, "", _status.Sessions + 1);
            _log.Write(ControlLog.Connected, "discovery stream open");
            Connected(connection);
        }
    }

    private async LoopTask<string?> FirstIdentityAsync()
    {
        IGrpcConnection connection = _dialer.Open(TlsContext.Client(_identity.ControlTls()));
        string? problem = await _identity.IssueAsync(connection);
        connection.Close();
        if (problem is not null)
        {
            _log.Write(ControlLog.IdentityFailed, problem);
        }

        return problem;
    }

    private async LoopTask RenewAsync()
    {
        while (!_stopping)
        {
            DateTimeOffset due = _identity.RenewAt(_random);
            while (!_stopping && (_identity.Current is null || _time.GetUtcNow() < due))
            {
                bool waitsForFirst = _identity.Current is null;
                double left = waitsForFirst ? 1_000 : (due - _time.GetUtcNow()).TotalMilliseconds;
                await _loop.DelayAsync((long)Math.Clamp(left, 10, RenewLookMs));
                due = waitsForFirst ? _identity.RenewAt(_random) : due;
            }

            if (_stopping || !await TryRenewAsync())
            {
                await _loop.DelayAsync(RenewRetryMs);
            }
        }
    }

    private async LoopTask<bool> TryRenewAsync()
    {
        string problem = "the control plane is not connected";
        if (_connection is { IsUsable: true } connection && _status.IsConnected)
        {
            problem = await _identity.IssueAsync(connection) ?? "";
        }

        if (problem.Length == 0)
        {
            // The stream stands on the old certificate until the server ends it; the next connection shows the new one.
            return true;
        }

        _log.Write(_identity.IsExpired ? ControlLog.IdentityExpired : ControlLog.IdentityFailed, $"renewal: {problem}");
        return false;
    }
}
