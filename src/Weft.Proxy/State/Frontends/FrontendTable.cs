using System.Collections.Frozen;
using System.Collections.Immutable;
using Weft.Policy;

namespace Weft.Proxy.State.Frontends;


/// <summary>
/// Every name and address that this proxy's workload may dial, by address and by host. Immutable; swapped whole by the control loop when
/// frontends change. A lookup allocates nothing.
/// </summary>
public sealed class FrontendTable
{
    /// <summary>RFC 1035 §2.3.4: a name has at most 255 octets.</summary>
    private const int HostLengthMax = 255;

    private readonly FrozenDictionary<IpValue, FrontendModel> _byAddress;
    private readonly AddressBlocks _blocks;
    private readonly FrozenDictionary<string, ImmutableArray<FrontendModel>> _byHost;
    private readonly FrozenDictionary<string, ImmutableArray<FrontendModel>>.AlternateLookup<ReadOnlySpan<char>> _hosts;
    private readonly FrozenDictionary<string, ImmutableArray<FrontendModel>> _bySuffix;
    private readonly FrozenDictionary<string, ImmutableArray<FrontendModel>>.AlternateLookup<ReadOnlySpan<char>> _suffixes;

    /// <param name="ownNamespace">Where the bare first label of a service name means that service.</param>
    public FrontendTable(IEnumerable<FrontendModel> frontends, string ownNamespace)
    {
        All = [.. frontends.OrderBy(f => f.Name, StringComparer.Ordinal)];
        var byAddress = new Dictionary<IpValue, FrontendModel>();
        var byHost = new Dictionary<string, ImmutableArray<FrontendModel>>(StringComparer.Ordinal);
        var bySuffix = new Dictionary<string, ImmutableArray<FrontendModel>>(StringComparer.Ordinal);
        foreach (FrontendModel frontend in All)
        {
            foreach (var address in frontend.VirtualAddresses)
            {
                byAddress.TryAdd(IpValue.From(address), frontend);
            }

            ImmutableArray<FrontendModel> only = [frontend]; // one list for all its names
            foreach (string name in Names(frontend, ownNamespace))
            {
                bool isWild = name.StartsWith("*.", StringComparison.Ordinal);
                Add(isWild ? bySuffix : byHost, isWild ? name[1..] : name, only);
            }
        }

        _byAddress = byAddress.ToFrozenDictionary();
        _blocks = new AddressBlocks(All);
        _byHost = byHost.ToFrozenDictionary(StringComparer.Ordinal);
        _hosts = _byHost.GetAlternateLookup<ReadOnlySpan<char>>();
        _bySuffix = bySuffix.ToFrozenDictionary(StringComparer.Ordinal);
        _suffixes = _bySuffix.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static FrontendTable Empty { get; } = new([], "default");

    public ImmutableArray<FrontendModel> All { get; }

    /// <summary>Who was dialled; the port may still be one that nobody declared.</summary>
    public FrontendModel? FindByAddress(IpValue address) => _byAddress.GetValueOrDefault(address);

    /// <summary>The port whose address and number were dialled: of whom the address is, else of whom it lies in a block, else who has that port at any address.</summary>
    public FrontendPortModel? FindByAddress(IpValue address, int port) => FindByAddress(address) is { } known ? known.FindPort(port) : _blocks.Find(address, port);

    /// <summary>
    /// Whom a Host field means on one port: the exact name, then the longest wildcard. The authority is lower case and may carry a port, which
    /// does not count, and a final dot.
    /// </summary>
    public FrontendPortModel? FindByHost(ReadOnlySpan<byte> authority, int port)
    {
        Span<char> chars = stackalloc char[HostLengthMax];
        if (!TryHost(authority, chars, out ReadOnlySpan<char> host))
        {
            return null;
        }

        if (_hosts.TryGetValue(host, out ImmutableArray<FrontendModel> named) && FindPort(named, port) is { } exact)
        {
            return exact;
        }

        for (int dot = host.IndexOf('.'); _bySuffix.Count > 0 && dot >= 0;)
        {
            ReadOnlySpan<char> suffix = host[dot..];
            if (_suffixes.TryGetValue(suffix, out ImmutableArray<FrontendModel> wild) && FindPort(wild, port) is { } found)
            {
                return found;
            }

            int next = suffix[1..].IndexOf('.');
            dot = next < 0 ? -1 : dot + 1 + next;
        }

        return null;
    }

    /// <summary>For the resolver: every frontend of a name, the exact one before a wildcard. Empty: the mesh does not know the name.</summary>
    public ImmutableArray<FrontendModel> FindByName(string name)
    {
        string host = name.TrimEnd('.').ToLowerInvariant();
        if (_byHost.TryGetValue(host, out ImmutableArray<FrontendModel> exact))
        {
            return exact;
        }

        for (int dot = host.IndexOf('.', StringComparison.Ordinal); dot >= 0; dot = host.IndexOf('.', dot + 1))
        {
            if (_bySuffix.TryGetValue(host[dot..], out ImmutableArray<FrontendModel> wild))
            {
                return wild;
            }
        }

        return [];
    }

    private static FrontendPortModel? FindPort(ImmutableArray<FrontendModel> frontends, int port)
    {
        foreach (FrontendModel frontend in frontends)
        {
            if (frontend.FindPort(port) is { } found)
            {
                return found;
            }
        }

        return null;
    }

    private static bool TryHost(ReadOnlySpan<byte> authority, Span<char> chars, out ReadOnlySpan<char> host)
    {
        host = default;
        ReadOnlySpan<byte> name = authority;
        int colon = name.LastIndexOf((byte)':');

        // A bracketed IPv6 literal holds colons of its own (RFC 3986 §3.2.2).
        if (colon >= 0 && (name[0] != '[' || name[colon - 1] == ']'))
        {
            name = name[..colon];
        }

        if (name.EndsWith("."u8))
        {
            name = name[..^1];
        }

        if (name.IsEmpty || name.Length > chars.Length)
        {
            return false;
        }

        for (int i = 0; i < name.Length; i++)
        {
            chars[i] = (char)name[i];
        }

        host = chars[..name.Length];
        return true;
    }

    private static IEnumerable<string> Names(FrontendModel frontend, string ownNamespace)
    {
        foreach (string name in frontend.Hostnames)
        {
            yield return name;
        }

        if (frontend.Namespace == ownNamespace && frontend.Hostnames.Contains(frontend.Name) && frontend.Name.Contains(".svc.", StringComparison.Ordinal))
        {
            yield return frontend.Name[..frontend.Name.IndexOf('.', StringComparison.Ordinal)];
        }
    }

    // Two frontends may share a name with different ports (ServiceEntries do).
    private static void Add(Dictionary<string, ImmutableArray<FrontendModel>> names, string name, ImmutableArray<FrontendModel> only) =>
        names[name] = names.TryGetValue(name, out ImmutableArray<FrontendModel> others)
            ? others.Contains(only[0]) ? others : others.Add(only[0])
            : only;
}
