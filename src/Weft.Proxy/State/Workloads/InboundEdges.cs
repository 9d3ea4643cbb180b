using System.Collections.Concurrent;
using System.Text;
using Weft.Primitives;
using Weft.Telemetry.Metrics;

namespace Weft.Proxy.State.Workloads;

/// <summary>
/// Edges into this workload, by port, peer and what the peer says of itself. Asked once per connection (or when a connection's source
/// field changes), never per request. Any thread.
/// </summary>
/// <remarks>
/// A peer names its workload in <see cref="SourceField"/> on the mutual-TLS leg. Only its names are taken from there; namespace and principal
/// come from the handshake, and a field that claims another namespace is ignored.
/// </remarks>
public sealed class InboundEdges(EdgeTable edges)
{
    /// <summary>The request field that a Weft peer names itself in: <c>workload;namespace;app;version;service;revision</c>. Stripped from plain clients and before the application.</summary>
    public const string SourceField = "weft-source";

    /// <summary>Peers remembered; above it the edge is looked up in the table each time.</summary>
    private const int CachedMax = 4_096;

    private readonly ConcurrentDictionary<(int Port, SpiffeId? Peer, string Source, Party Self), Edge> _known = new();

    public Edge Find(WorkloadModel workload, InboundPortModel port, SpiffeId? peer, ReadOnlySpan<byte> sourceField)
    {
        string source = peer is null || sourceField.IsEmpty ? "" : Encoding.UTF8.GetString(sourceField);
        var key = (port.Port, peer, source, workload.Self);
        if (_known.TryGetValue(key, out Edge? known))
        {
            return known;
        }

        string service = port.Service.Length > 0 ? port.Service : workload.Self.Service;
        string serviceName = service.Contains(".svc.", StringComparison.Ordinal) ? service[..service.IndexOf('.', StringComparison.Ordinal)] : service;
        Edge edge = edges.Intern(new EdgeKey(
            Outbound: false, SourceParty(peer, source), workload.Self, service, serviceName, port.ServiceNamespace, port.Port, MutualTls: peer is not null));
        if (_known.Count < CachedMax)
        {
            _known[key] = edge;
        }

        return edge;
    }

    /// <summary>What this workload's own proxy sends as <see cref="SourceField"/>.</summary>
    public static string SourceFieldOf(Party self) =>
        $"{Clean(self.Workload)};{Clean(self.Namespace)};{Clean(self.App)};{Clean(self.Version)};{Clean(self.Service)};{Clean(self.Revision)}";

    private static Party SourceParty(SpiffeId? peer, string source)
    {
        if (peer is null)
        {
            return Party.Unknown;
        }

        Party proven = Party.FromIdentity(peer);
        return source.Split(';') is [var workload, var ns, var app, var version, var service, var revision] && ns == peer.Namespace
            ? proven with { Workload = workload, App = app, Version = version, Service = service, Revision = revision }
            : proven;
    }

    private static string Clean(string text) => text.Replace(';', '_');
}
