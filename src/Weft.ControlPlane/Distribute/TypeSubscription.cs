using Weft.Protocol.Discovery.V1;

namespace Weft.ControlPlane.Distribute;

/// <summary>
/// What one subscriber wants of one type, and what it was told last. Pure bookkeeping: a view in, responses out. Used
/// by the subscriber's loop only.
/// </summary>
internal sealed class TypeSubscription(string type)
{
    /// <summary>Names one stream may ask for by type; beyond it the stream ends with RESOURCE_EXHAUSTED.</summary>
    public const int NamesMax = 20_000;

    /// <summary>gRPC clients refuse messages over 4 MiB unless told otherwise; larger answers go out in parts.</summary>
    private const int ResponseBytesMax = 1 << 20;

    // What the subscriber holds by name: a version, or Missing after it was told that there is none, or null before any answer.
    private const string Missing = "";
    private readonly Dictionary<string, string?> _asked = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> _byWildcard = new(StringComparer.Ordinal);

    // A proxy asks for thousands of names one after the other, while the mesh hardly changes: a view is asked for each of them once.
    private readonly HashSet<string> _unanswered = new(StringComparer.Ordinal);
    private IMeshView? _compared;
    private bool _wildcard;
    private bool _wildcardAnswered;

    public string Type => type;

    public int Count => _asked.Count + _byWildcard.Count;

    /// <summary>Takes the subscription part of a request. Afterwards <see cref="Compare"/> says what to send.</summary>
    public void Apply(DeltaRequest request)
    {
        foreach (string name in request.Subscribe)
        {
            if (name == DiscoveryTypes.Wildcard)
            {
                _wildcard = true;
                _wildcardAnswered = false;
            }
            else
            {
                // Asking again for a name is asking for an answer again (xDS: a client that dropped it resubscribes).
                _asked[name] = null;
                _unanswered.Add(name);
            }
        }

        foreach ((string name, string version) in request.KnownVersions)
        {
            if (_asked.ContainsKey(name))
            {
                _asked[name] = version;
                _unanswered.Add(name);
            }
            else if (_wildcard)
            {
                _byWildcard[name] = version;
            }
        }

        foreach (string name in request.Unsubscribe)
        {
            if (name == DiscoveryTypes.Wildcard)
            {
                _wildcard = false;
                _byWildcard.Clear();
            }
            else
            {
                _asked.Remove(name);
                _unanswered.Remove(name);
            }
        }
    }

    /// <summary>What this subscriber lacks of the view, in parts of bounded size. Assumes that every part is delivered.</summary>
    public IReadOnlyList<DeltaResponse> Compare(IMeshView view, SubscriberScope scope)
    {
        var parts = new Parts(type);
        if (_wildcard)
        {
            CompareWildcard(view, scope, parts);
        }

        foreach (string name in Open(view))
        {
            string? told = _asked[name];
            if (!view.TryFind(type, name, scope, out EncodedResource? resource))
            {
                _unanswered.Add(name);
                continue; // asked again at the next change
            }

            _unanswered.Remove(name);
            if (resource is not null)
            {
                if (told != resource.Version)
                {
                    parts.Add(resource);
                    _asked[name] = resource.Version;
                }
            }
            else if (told is null)
            {
                parts.Current.Missing.Add(name);
                _asked[name] = Missing;
            }
            else if (told != Missing)
            {
                parts.Current.Removed.Add(name);
                _asked[name] = Missing;
            }
        }

        return parts.All;
    }

    /// <summary>The names that the view may answer otherwise than it, or the one before, did. Taps change within a view.</summary>
    private string[] Open(IMeshView view)
    {
        bool isNew = !ReferenceEquals(view, _compared) || type == DiscoveryTypes.Tap;
        _compared = view;
        return isNew ? [.. _asked.Keys] : [.. _unanswered];
    }

    private void CompareWildcard(IMeshView view, SubscriberScope scope, Parts parts)
    {
        if (view.All(type, scope) is not { } all)
        {
            return;
        }

        var seen = new HashSet<string>(StringComparer.Ordinal);
        foreach (EncodedResource resource in all)
        {
            seen.Add(resource.Name);
            if (_byWildcard.GetValueOrDefault(resource.Name) != resource.Version)
            {
                parts.Add(resource);
                _byWildcard[resource.Name] = resource.Version;
            }
        }

        foreach (string gone in _byWildcard.Keys.Where(n => !seen.Contains(n)).ToArray())
        {
            parts.Current.Removed.Add(gone);
            _byWildcard.Remove(gone);
        }

        // An empty answer is an answer too: without it a subscriber cannot tell "nothing there" from "not yet".
        if (!_wildcardAnswered)
        {
            _ = parts.Current;
            _wildcardAnswered = true;
        }
    }

    private sealed class Parts(string type)
    {
        private readonly List<DeltaResponse> _all = [];
        private int _bytes;

        public IReadOnlyList<DeltaResponse> All => _all;

        public DeltaResponse Current
        {
            get
            {
                if (_all.Count == 0 || _bytes >= ResponseBytesMax)
                {
                    _all.Add(new DeltaResponse { Type = type });
                    _bytes = 0;
                }

                return _all[^1];
            }
        }

        public void Add(EncodedResource resource)
        {
            Current.Resources.Add(resource.Message);
            _bytes += resource.SizeBytes;
        }
    }
}
