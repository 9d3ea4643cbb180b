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

    /// <summary>In the index of hosts: the first label of a frontend's name, by which its own namespace knows it.</summary>
    private const int FirstLabel = -1;

    private readonly FrontendIndex _byAddress;
    private readonly FrontendIndex _byHost;
    private readonly AddressBlocks _blocks;
    private readonly FrozenDictionary<string, ImmutableArray<FrontendModel>> _bySuffix;
    private readonly FrozenDictionary<string, ImmutableArray<FrontendModel>>.AlternateLookup<ReadOnlySpan<char>> _suffixes;

    /// <param name="ownNamespace">Where the bare first label of a service name means that service.</param>
    public FrontendTable(IEnumerable<FrontendModel> frontends, string ownNamespace)
    {
        All = [.. frontends.OrderBy(f => f.Name, StringComparer.Ordinal)];
        _byAddress = new FrontendIndex(All.Sum(static f => f.AddressCount));
        _byHost = new FrontendIndex(All.Sum(f => f.HostnameCount + (HasFirstLabel(f, ownNamespace) ? 1 : 0)));
        var bySuffix = new Dictionary<string, ImmutableArray<FrontendModel>>(StringComparer.Ordinal);
        for (int i = 0; i < All.Length; i++)
        {
            AddAddresses(i);
            AddHosts(i, bySuffix);
            if (HasFirstLabel(All[i], ownNamespace))
            {
                AddHost(i, FirstLabel);
            }
        }

        _blocks = new AddressBlocks(All);
        _bySuffix = bySuffix.ToFrozenDictionary(StringComparer.Ordinal);
        _suffixes = _bySuffix.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    public static FrontendTable Empty { get; } = new([], "default");

    public ImmutableArray<FrontendModel> All { get; }

    /// <summary>Who was dialled; the port may still be one that nobody declared.</summary>
    public FrontendModel? FindByAddress(IpValue address)
    {
        for (FrontendIndex.Walk walk = _byAddress.Find(FrontendIndex.Hash(address)); walk.TryNext(out int frontend, out int part);)
        {
            if (All[frontend].AddressAt(part) == address)
            {
                return All[frontend];
            }
        }

        return null;
    }

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

        for (FrontendIndex.Walk walk = _byHost.Find(FrontendIndex.Hash(host)); walk.TryNext(out int frontend, out int part);)
        {
            if (HostAt(frontend, part).SequenceEqual(host) && All[frontend].FindPort(port) is { } exact)
            {
                return exact;
            }
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
        ImmutableArray<FrontendModel>.Builder exact = ImmutableArray.CreateBuilder<FrontendModel>();
        for (FrontendIndex.Walk walk = _byHost.Find(FrontendIndex.Hash(host)); walk.TryNext(out int frontend, out int part);)
        {
            if (HostAt(frontend, part).SequenceEqual(host) && !exact.Contains(All[frontend]))
            {
                exact.Add(All[frontend]);
            }
        }

        if (exact.Count > 0)
        {
            return exact.ToImmutable();
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

    private static bool HasFirstLabel(FrontendModel frontend, string ownNamespace) =>
        frontend.Namespace == ownNamespace && frontend.Name.Contains(".svc.", StringComparison.Ordinal) && frontend.Hostnames.Contains(frontend.Name);

    private ReadOnlySpan<char> HostAt(int frontend, int part)
    {
        FrontendModel model = All[frontend];
        return part == FirstLabel ? model.Name.AsSpan(0, model.Name.IndexOf('.', StringComparison.Ordinal)) : model.HostnameAt(part);
    }

    private void AddHost(int frontend, int part) => _byHost.Add(FrontendIndex.Hash(HostAt(frontend, part)), frontend, part);

    private void AddHosts(int frontend, Dictionary<string, ImmutableArray<FrontendModel>> bySuffix)
    {
        FrontendModel model = All[frontend];
        for (int i = 0; i < model.HostnameCount; i++)
        {
            ReadOnlySpan<char> name = model.HostnameAt(i);
            if (!name.StartsWith("*.", StringComparison.Ordinal))
            {
                AddHost(frontend, i);
                continue;
            }

            string suffix = name[1..].ToString();
            ImmutableArray<FrontendModel> others = bySuffix.GetValueOrDefault(suffix, []);
            bySuffix[suffix] = others.Contains(model) ? others : others.Add(model);
        }
    }

    private void AddAddresses(int frontend)
    {
        for (int i = 0; i < All[frontend].AddressCount; i++)
        {
            _byAddress.Add(FrontendIndex.Hash(All[frontend].AddressAt(i)), frontend, i);
        }
    }
}
