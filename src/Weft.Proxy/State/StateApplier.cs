using Google.Protobuf;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Routing;
using Weft.Proxy.State.Cells;
using Weft.Proxy.State.Clusters;
using Weft.Proxy.State.Frontends;
using Weft.Proxy.State.Workloads;
using Weft.Protocol.Telemetry.V1;
using Weft.Telemetry.Taps;

namespace Weft.Proxy.State;

/// <summary>Compiles what discovery brings and swaps it in. Control loop only.</summary>
/// <remarks>
/// Every resource of a delta is compiled before any is taken: a bad one refuses the whole delta and every good model stays. Only where there is
/// no good one yet, what can be compiled of it is taken: routes without their broken part, authorization with the broken policy denying.
/// </remarks>
internal sealed class StateApplier(MeshState state, ClusterContext context, RouteActivation activation, StateOwner owner)
{
    private readonly Dictionary<string, FrontendModel> _frontends = new(StringComparer.Ordinal);
    private readonly Dictionary<string, ClusterAssembly> _clusters = new(StringComparer.Ordinal);
    private readonly Dictionary<string, TapRequest> _taps = new(StringComparer.Ordinal);

    /// <summary>Names this proxy must subscribe to because of what it has just taken.</summary>
    public Action<string, string> Ask { get; set; } = static (_, _) => { };

    public Action<TapFilter?> TapChanged { get; set; } = static _ => { };

    /// <summary>Clusters whose endpoints are names that this proxy resolves itself.</summary>
    public IEnumerable<ClusterConfig> DnsClusters =>
        _clusters.Values.Select(c => c.Config).OfType<ClusterConfig>().Where(static c => c.IsByName);

    /// <summary>Called with a cluster that was just taken and whose names must be resolved.</summary>
    public Action<ClusterConfig> ResolveWanted { get; set; } = static _ => { };

    /// <summary>True until the first <see cref="SetResolved"/>.</summary>
    public bool IsUnresolved(string cluster) => !state.Cells.Cluster(cluster).IsSettled;

    /// <summary>What a cluster's names resolve to now.</summary>
    public void SetResolved(string cluster, EndpointSet endpoints)
    {
        Assembly(cluster).SetEndpoints(endpoints);
        activation.Settle();
    }

    /// <summary>A key pair that this proxy read itself; null: it cannot be used.</summary>
    public void SetCredential(string name, CredentialModel? credential)
    {
        TakeCredential(name, credential);
        activation.Settle();
    }

    /// <summary>A mesh has thousands of names, and each stands in many resources: models keep one text of each. The same text again where it is known.</summary>
    public string SharedName(string name) => _frontends.TryGetValue(name, out FrontendModel? frontend) ? frontend.Name : state.Cells.SharedName(name);

    /// <summary>Tables that grow double their room; most of a mesh comes at once, and then little changes.</summary>
    public void TrimExcess()
    {
        _frontends.TrimExcess();
        _clusters.TrimExcess();
    }

    /// <summary>Activates routes whose deadline has passed.</summary>
    public void SettleRoutes() => activation.Settle();

    public ApplyResult Apply(ResourceDelta delta)
    {
        var compiled = new List<Action>(delta.Updates.Count);
        var notes = new List<PartlyTaken>();
        foreach (ResourceUpdate update in delta.Updates)
        {
            string? refusal;
            try
            {
                refusal = Compile(delta.Type, update, compiled, notes);
            }
            catch (InvalidProtocolBufferException broken)
            {
                refusal = $"{delta.Type} {update.Name} cannot be read: {broken.Message}";
            }

            if (refusal is not null)
            {
                return new ApplyResult(refusal, []);
            }
        }

        compiled.ForEach(take => take());
        foreach (string name in delta.Removed.Concat(delta.Missing))
        {
            Remove(delta.Type, name);
        }

        if (delta.Type == ResourceTypes.Frontend)
        {
            state.Frontends = new FrontendTable(_frontends.Values, owner.Namespace);
        }
        else if (delta.Type == ResourceTypes.Tap)
        {
            TapChanged(CurrentTap());
        }

        activation.Settle();
        return notes.Count == 0 ? ApplyResult.Taken : new ApplyResult(null, notes);
    }

    /// <summary>Null: <paramref name="compiled"/> takes it. Otherwise why not.</summary>
    private string? Compile(string type, ResourceUpdate update, List<Action> compiled, List<PartlyTaken> notes)
    {
        switch (type)
        {
            case ResourceTypes.Workload:
                return CompileWorkload(Workload.Parser.ParseFrom(update.Value), compiled, notes);
            case ResourceTypes.Frontend:
                Frontend message = Frontend.Parser.ParseFrom(update.Value);
                message.Name = SharedName(message.Name);
                var frontend = new FrontendModel(message, state.Cells);
                compiled.Add(() => _frontends[frontend.Name] = frontend);
                return null;
            case ResourceTypes.RouteSet:
                return CompileRoutes(update.Name, RouteSet.Parser.ParseFrom(update.Value), compiled, notes);
            case ResourceTypes.TcpRouteSet:
                return CompileTcpRoutes(update.Name, TcpRouteSet.Parser.ParseFrom(update.Value), compiled, notes);
            case ResourceTypes.Cluster:
                Cluster cluster = Cluster.Parser.ParseFrom(update.Value);
                ShareNames(cluster);
                compiled.Add(() => TakeCluster(update.Name, cluster));
                return null;
            case ResourceTypes.EndpointSet:
                EndpointSet endpoints = EndpointSet.Parser.ParseFrom(update.Value);
                compiled.Add(() => Assembly(update.Name).SetEndpoints(endpoints));
                return null;
            case ResourceTypes.Credential:
                var credential = new CredentialModel(Credential.Parser.ParseFrom(update.Value));
                compiled.Add(() => TakeCredential(update.Name, credential));
                return null;
            case ResourceTypes.Tap:
                TapRequest tap = TapRequest.Parser.ParseFrom(update.Value);
                compiled.Add(() => _taps[update.Name] = tap);
                return null;
            default:
                return $"type {type} is not known to this proxy";
        }
    }

    private string? CompileWorkload(Workload workload, List<Action> compiled, List<PartlyTaken> notes)
    {
        var problems = new List<PolicyProblem>();
        WorkloadModel model = WorkloadModel.Compile(workload, owner.Principal(), state.Cells, problems, state.Workload);
        if (Refuses(workload.Name, problems, state.Workload is not null, notes))
        {
            return Describe(problems);
        }

        compiled.Add(() =>
        {
            context.SetSelf(model.Self, workload.Labels, workload.Locality);
            state.Replace(model);
        });
        return null;
    }

    private string? CompileRoutes(string name, RouteSet set, List<Action> compiled, List<PartlyTaken> notes)
    {
        var problems = new List<PolicyProblem>();
        ResourceCell<RouteTable> cell = state.Cells.Routes(name);
        ShareNames(set, cell.Name);
        RouteTable table = RouteTable.Compile(set, problems);
        if (Refuses(name, problems, cell.Model is not null, notes))
        {
            return Describe(problems);
        }

        compiled.Add(() => activation.Hold(name, ClustersOf(set), () => cell.Load(table)));
        return null;
    }

    private string? CompileTcpRoutes(string name, TcpRouteSet set, List<Action> compiled, List<PartlyTaken> notes)
    {
        var problems = new List<PolicyProblem>();
        TcpRouteTable table = TcpRouteTable.Compile(set, problems);
        ResourceCell<TcpRouteTable> cell = state.Cells.TcpRoutes(name);
        if (Refuses(name, problems, cell.Model is not null, notes))
        {
            return Describe(problems);
        }

        IEnumerable<string> clusters = set.Routes.SelectMany(r => r.Clusters).Where(c => c.InvalidStatus == 0).Select(c => c.Cluster);
        compiled.Add(() => activation.Hold(name, clusters, () => cell.Load(table)));
        return null;
    }

    private void TakeCluster(string name, Cluster cluster)
    {
        ClusterAssembly assembly = Assembly(name);
        assembly.SetCluster(cluster);
        if (assembly.WantsEndpointSet)
        {
            Ask(ResourceTypes.EndpointSet, assembly.Name);
        }

        if (assembly.Config is { IsByName: true } byName)
        {
            ResolveWanted(byName);
        }
    }

    private void Remove(string type, string name)
    {
        switch (type)
        {
            case ResourceTypes.Frontend:
                _frontends.Remove(name);
                break;
            case ResourceTypes.RouteSet:
                activation.Forget(name);
                state.Cells.Routes(name).MarkMissing();
                break;
            case ResourceTypes.TcpRouteSet:
                activation.Forget(name);
                state.Cells.TcpRoutes(name).MarkMissing();
                break;
            case ResourceTypes.Cluster:
                Assembly(name).RemoveCluster();
                break;
            case ResourceTypes.EndpointSet:
                Assembly(name).SetEndpoints(null);
                break;
            case ResourceTypes.Credential:
                TakeCredential(name, null);
                break;
            case ResourceTypes.Tap:
                _taps.Remove(name);
                break;
            default:
                // Our own workload is never unmade: 'unknown' is not 'removed', and a proxy without it could not even refuse.
                break;
        }
    }

    private void TakeCredential(string name, CredentialModel? credential)
    {
        if (credential is null)
        {
            state.Cells.Credential(name).MarkMissing();
        }
        else
        {
            state.Cells.Credential(name).Load(credential);
        }

        SettleCredential(name);
    }

    private void SettleCredential(string name)
    {
        foreach (ClusterAssembly assembly in _clusters.Values)
        {
            assembly.CredentialSettled(name);
        }
    }

    private ClusterAssembly Assembly(string name)
    {
        if (!_clusters.TryGetValue(name, out ClusterAssembly? assembly))
        {
            name = state.Cells.Cluster(name).Name; // the same text again, once
            _clusters[name] = assembly = new ClusterAssembly(name, state, context);
        }

        return assembly;
    }

    // Several watchers share one filter: the widest of their wishes; the control plane sorts the events out.
    private TapFilter? CurrentTap()
    {
        if (_taps.Count == 0)
        {
            return null;
        }

        if (_taps.Count == 1)
        {
            TapRequest only = _taps.Values.First();
            return new TapFilter((int)only.MaxPerSecond, only.PathPrefix, only.Method, (long)only.UntilUnixMs);
        }

        return new TapFilter(_taps.Values.Max(t => (int)t.MaxPerSecond), "", "", _taps.Values.Max(t => (long)t.UntilUnixMs));
    }

    private void ShareNames(RouteSet set, string name)
    {
        set.Name = name;
        foreach (WeightedCluster cluster in set.VirtualHosts.SelectMany(h => h.Routes).SelectMany(r => r.Forward?.Clusters ?? []).Where(c => c.InvalidStatus == 0))
        {
            cluster.Cluster = state.Cells.Cluster(cluster.Cluster).Name;
        }
    }

    private void ShareNames(Cluster cluster)
    {
        cluster.Name = state.Cells.Cluster(cluster.Name).Name;
        cluster.Service = SharedName(cluster.Service);
    }

    private static IEnumerable<string> ClustersOf(RouteSet set) =>
        from host in set.VirtualHosts
        from route in host.Routes
        where route.Forward is not null
        from cluster in route.Forward.Clusters.Where(c => c.InvalidStatus == 0).Select(c => c.Cluster).Concat(route.Forward.Mirrors.Select(m => m.Cluster))
        select cluster;

    private static bool Refuses(string name, List<PolicyProblem> problems, bool hasGoodModel, List<PartlyTaken> notes)
    {
        if (problems.Count == 0 || hasGoodModel)
        {
            return problems.Count > 0;
        }

        notes.Add(new PartlyTaken(name, Describe(problems)));
        return false;
    }

    private static string Describe(List<PolicyProblem> problems) => string.Join("; ", problems.Take(5));
}

/// <summary>Whose proxy this is.</summary>
/// <param name="Principal">SPIFFE ID of the own certificate.</param>
internal sealed record StateOwner(string Namespace, Func<string> Principal);
