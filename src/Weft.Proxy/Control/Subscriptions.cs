using Weft.Proxy.State.Cells;
using Weft.Protocol.Discovery.V1;

namespace Weft.Proxy.Control;

/// <summary>What this proxy asked for, by type, and which version of each it holds. Lives across streams. Control loop only.</summary>
internal sealed class Subscriptions
{
    private const string Wildcard = "*";

    private readonly Dictionary<string, HashSet<string>> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Dictionary<string, string>> _versions = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _unsent = new(StringComparer.Ordinal);

    public Subscriptions(string workload)
    {
        Add(ResourceTypes.Workload, workload);
        Add(ResourceTypes.Frontend, Wildcard);
        Add(ResourceTypes.Tap, Wildcard);
    }

    public int Count => _names.Values.Sum(n => n.Count);

    /// <summary>False: it was asked for already.</summary>
    public bool Add(string type, string name)
    {
        if (!Names(type).Add(name))
        {
            return false;
        }

        if (!_unsent.TryGetValue(type, out List<string>? unsent))
        {
            _unsent[type] = unsent = [];
        }

        unsent.Add(name);
        return true;
    }

    public void Held(string type, string name, string version) => Versions(type)[name] = version;

    public void Dropped(string type, string name) => Versions(type).Remove(name);

    /// <summary>Everything, for a stream that begins: names and what is held of them.</summary>
    public IEnumerable<DeltaRequest> Opening()
    {
        _unsent.Clear();
        foreach (string type in ResourceTypes.InOrder)
        {
            if (_names.TryGetValue(type, out HashSet<string>? names) && names.Count > 0)
            {
                var request = new DeltaRequest { Type = type };
                request.Subscribe.AddRange(names);
                foreach ((string name, string version) in Versions(type))
                {
                    request.KnownVersions[name] = version;
                }

                yield return request;
            }
        }
    }

    /// <summary>What was added since the last call.</summary>
    public IEnumerable<DeltaRequest> TakeUnsent()
    {
        if (_unsent.Count == 0)
        {
            yield break;
        }

        foreach (string type in ResourceTypes.InOrder)
        {
            if (_unsent.Remove(type, out List<string>? names))
            {
                yield return new DeltaRequest { Type = type, Subscribe = { names } };
            }
        }
    }

    private HashSet<string> Names(string type)
    {
        if (!_names.TryGetValue(type, out HashSet<string>? names))
        {
            _names[type] = names = new HashSet<string>(StringComparer.Ordinal);
        }

        return names;
    }

    private Dictionary<string, string> Versions(string type)
    {
        if (!_versions.TryGetValue(type, out Dictionary<string, string>? versions))
        {
            _versions[type] = versions = new Dictionary<string, string>(StringComparer.Ordinal);
        }

        return versions;
    }
}
