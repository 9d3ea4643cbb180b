using Weft.Identity;
using Weft.Primitives;
using Weft.Proxy.Control;
using Weft.Proxy.Dns;
using Weft.Proxy.Observe;
using Weft.Proxy.State;
using Weft.Proxy.State.Names;
using Weft.Proxy.State.Clusters;
using Weft.Protocol.Discovery.V1;
using Weft.Telemetry.Logging;
using Weft.Transport;

namespace Weft.Proxy.Host;

/// <summary>Everything between this proxy and its control plane, and the state that it brings. Control loop only, but for its construction.</summary>
internal sealed class ControlPlaneLink
{
    private readonly ProxyHost _host;
    private readonly MeshFeed _feed;
    private readonly DiscoverySession _session;
    private readonly ControlClient _client;
    private readonly NameResolution _resolution;
    private readonly TelemetryReporter _reporter;
    private bool _isConnecting;

    public ControlPlaneLink(ProxyHost host, Bootstrap bootstrap, EventLog log)
    {
        _host = host;
        TimeProvider time = TimeProvider.System;
        var directory = new StateDirectory(bootstrap.StateDir);
        Identity = new IdentityKeeper(directory, new IssueTerms(bootstrap.Token, bootstrap.RootSha256), time, log) { Changed = OnIdentity };
        Saved = new SavedResources(directory);
        var context = new ClusterContext(host.Telemetry.Edges, bootstrap.Node, (ulong)Random.Shared.NextInt64());
        Applier = new StateApplier(host.Mesh, context, new RouteActivation(host.Mesh.Cells, () => host.Loop.NowMs, new State.Cells.DiscoveryPatience()), new StateOwner(bootstrap.Namespace, () => Identity.Current?.Id.Text ?? ""));
        _feed = new MeshFeed(Applier, new Subscriptions(bootstrap.Workload), Saved, log);
        Files = new FileCredentials(
            (name, read) => host.Loop.Post(() => Applier.SetCredential(name, read)), text => host.Loop.Post(() => Notice(log, text)), new WeftHome().Path, time);
        host.Mesh.Cells.SendAsksTo(Ask);
        var node = new Node { Workload = bootstrap.Workload, Version = ProxyVersion.Text, Host = bootstrap.Node, Gateway = bootstrap.IsGateway };
        _session = new DiscoverySession(host.Loop, node, _feed, log);
        Names = new NameClient(host.Loop);
        _client = new ControlClient(host.Loop, new ControlDialer(host.Loop, new ControlAddress(bootstrap.Control, Names)), Identity, _session, time, log);
        Taps = new TapFeed(host.Loop, host.Telemetry);
        Spans = new SpanExporter(host.Loop, host.Telemetry, Names, log);
        _resolution = new NameResolution(host.Loop, Applier, Names, log);
        _reporter = new TelemetryReporter(host.Loop, host.Telemetry, bootstrap.Workload, time, () => new ProxyLoad(host.Data.Loops.Sum(l => l.ConnectionCount), host.Guard.Overload), new ClusterSamples(host.Mesh.Cells));
        _client.Connected = connection => host.Loop.Supervise(_reporter.RunAsync(connection), "telemetry");
        Applier.TapChanged = filter => Taps.Watch(_reporter, filter, _reporter.Take);
    }

    public IdentityKeeper Identity { get; }

    /// <summary>Key pairs beside the proxy: read here, and never asked of anybody.</summary>
    public FileCredentials Files { get; }

    public SavedResources Saved { get; }

    public StateApplier Applier { get; }

    /// <summary>The host's names.</summary>
    public NameClient Names { get; }

    public TapFeed Taps { get; }

    public SpanExporter Spans { get; }

    public ControlStatus Status => _client.Status;

    public long Applied => _feed.Applied;

    public long Refused => _feed.Refused;

    /// <summary>Tables of names let go of room that they do not use. Control loop.</summary>
    public void TrimExcess()
    {
        _feed.Subscriptions.TrimExcess();
        Applier.TrimExcess();
    }

    /// <summary>Takes over what was saved.</summary>
    public void Restore()
    {
        _resolution.Start();
        if (Identity.TryRestore())
        {
            _feed.Restore();
        }

        _host.Loop.Supervise(ActivateHeldAsync(), "route-activation");
    }

    /// <summary>Connects, once.</summary>
    public void Connect()
    {
        if (!_isConnecting)
        {
            _isConnecting = true;
            _host.Loop.Supervise(_client.RunAsync(), "control");
        }
    }

    /// <summary>Another process of this proxy speaks for the workload now: ours only follows the configuration, for requests that are still under way.</summary>
    public void Retire()
    {
        _reporter.Stop();
        _feed.IsSaving = false;
    }

    public void ReportReady(HostListeners listeners) => _session.Report(new WorkloadStatus
    {
        Ready = true,
        InboundAddress = listeners.InboundAddress,
        InboundPort = (uint)listeners.InboundPort,
        InboundUnixSocket = listeners.InboundUnixSocket ?? "",
        PeerProtocol = Forwarding.MeshTls.HttpProtocol,
        MetricsPort = (uint)listeners.MetricsPort,
    });

    /// <summary>Sums of what ended since the last report; they leave with the turn.</summary>
    public void ReportLast() => _reporter.TellNow();

    public void ReportDraining()
    {
        WorkloadStatus last = _session.Status.Clone();
        last.Draining = true;
        last.Ready = false;
        _session.Report(last);
    }

    private void Ask(string type, string name)
    {
        if (type == State.Cells.ResourceTypes.Credential && FileCredentialName.IsFile(name))
        {
            Files.Want(name);
            return;
        }

        _host.Loop.Post(() => _feed.Ask(type, name));
    }

    private void Notice(EventLog log, string text)
    {
        log.Write(HostLog.FileCredential, text);
        _host.Supervisor?.Notice(text);
    }

    // Deltas settle what they complete; this is for deadlines that pass without one.
    private async LoopTask ActivateHeldAsync()
    {
        while (true)
        {
            await _host.Loop.DelayAsync(HostTimes.ActivationLookMs);
            Applier.SettleRoutes();
        }
    }

    private void OnIdentity(WorkloadIdentity identity)
    {
        _host.Path.Parts.Tls.Replace(identity);
        _host.Path.CloseIdleUpstreams();
    }
}
