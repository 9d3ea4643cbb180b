using Weft.Proxy.State.Cells;
using Weft.Protocol.Discovery.V1;

namespace Weft.Proxy.Control;

/// <summary>What this proxy asked for, by type, and which version of each it holds. Lives across streams. Control loop only.</summary>
internal sealed class Subscriptions
{
    private const string Wildcard = "*";

    private readonly Dictionary<string, SubscribedNames> _names = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<string>> _unsent = new(StringComparer.Ordinal);

    public Subscriptions(string workload)
    {
        Add(ResourceTypes.Workload, workload);
        Add(ResourceTypes.Frontend, Wildcard);
        Add(ResourceTypes.Tap, Wildcard);
    }

    public int Count => _names.Values.Sum(static n => n.AskedCount);

    /// <summary>Lets go of room that is not used.</summary>
    public void TrimExcess()
    {
        foreach (SubscribedNames names in _names.Values)
        {
            names.TrimExcess();
        }
    }

    /// <param name="name">Kept: give the text that others keep, too.</param>
    /// <returns>False: it was asked for already.</returns>
    public bool Add(string type, string name)
    {
        if (!Names(type).Ask(name))
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

    /// <inheritdoc cref="Add"/>
    public void Held(string type, string name, string version) => Names(type).Hold(name, version);

    public void Dropped(string type, string name) => Names(type).Drop(name);

    /// <summary>Everything, for a stream that begins: names and what is held of them.</summary>
    public IEnumerable<DeltaRequest> Opening()
    {
        _unsent.Clear();
        foreach (string type in ResourceTypes.InOrder)
        {
            if (_names.TryGetValue(type, out SubscribedNames? names) && names.AskedCount > 0)
            {
                var request = new DeltaRequest { Type = type };
                request.Subscribe.AddRange(names.Asked);
                foreach ((string name, string version) in names.Held)
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

    private SubscribedNames Names(string type)
    {
        if (!_names.TryGetValue(type, out SubscribedNames? names))
        {
            _names[type] = names = new SubscribedNames();
        }

        return names;
    }
}
