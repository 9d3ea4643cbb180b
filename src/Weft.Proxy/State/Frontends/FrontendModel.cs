using System.Collections.Immutable;
using System.Net;
using Google.Protobuf;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Proxy.State.Cells;

namespace Weft.Proxy.State.Frontends;

/// <summary>Something an application can dial. Immutable.</summary>
/// <remarks>A proxy knows all of a mesh's, thousands, and uses few: what most of them have in common is not kept but made when it is asked for.</remarks>
public sealed class FrontendModel
{
    private readonly HostNames _hostnames;

    // Most have one address: it stands here and not in a list.
    private readonly UInt128 _address;
    private readonly ImmutableArray<IpValue> _addresses;

    internal FrontendModel(Frontend frontend, ResourceCells cells)
    {
        Name = frontend.Name;
        Namespace = string.Intern(frontend.Namespace); // a mesh has few namespaces and thousands of services
        _hostnames = new HostNames(Name, [.. frontend.Hostnames.Select(static h => h.ToLowerInvariant())]);
        ImmutableArray<IpValue> addresses = [.. frontend.VirtualAddresses.Select(static (ByteString a) => IpValue.From(a.Span)).Where(static a => a.IsKnown)];
        if (addresses is [var only])
        {
            _address = only.Bits;
        }
        else
        {
            _addresses = addresses;
        }

        Blocks = [.. frontend.AddressBlocks.Select(b => IpBlock.TryParse(b, out IpBlock block) ? block : default).Where(b => b != default)];
        IsOutsideMesh = frontend.OutsideMesh;
        Cells = cells;
        Ports = [.. frontend.Ports.Select(p => new FrontendPortModel(this, p))];
    }

    /// <summary>Full service name.</summary>
    public string Name { get; }

    public string Namespace { get; }

    /// <summary>Lower case.</summary>
    public IEnumerable<string> Hostnames => Enumerable.Range(0, HostnameCount).Select(i => HostnameAt(i).ToString());

    /// <summary>Made each time.</summary>
    public ImmutableArray<IPAddress> VirtualAddresses => [.. Enumerable.Range(0, AddressCount).Select(i => AddressAt(i).ToIPAddress())];

    /// <summary>Every address in them means it, too.</summary>
    public ImmutableArray<IpBlock> Blocks { get; }

    public ImmutableArray<FrontendPortModel> Ports { get; }

    public bool IsOutsideMesh { get; }

    internal ResourceCells Cells { get; }

    internal int HostnameCount => _hostnames.Count;

    internal int AddressCount => _addresses.IsDefault ? 1 : _addresses.Length;

    internal ReadOnlySpan<char> HostnameAt(int index) => _hostnames.At(Name, index);

    internal IpValue AddressAt(int index) => _addresses.IsDefault ? new IpValue(_address, true) : _addresses[index];

    /// <summary>Services have few ports: a walk beats a hash.</summary>
    public FrontendPortModel? FindPort(int port)
    {
        foreach (FrontendPortModel candidate in Ports)
        {
            if (candidate.Port == port)
            {
                return candidate;
            }
        }

        return null;
    }
}
