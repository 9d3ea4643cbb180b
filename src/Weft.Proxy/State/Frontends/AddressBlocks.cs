using System.Collections.Frozen;
using System.Collections.Immutable;
using Weft.Policy;

namespace Weft.Proxy.State.Frontends;

/// <summary>
/// Frontends that are dialled by an address that is not theirs alone: in a block of addresses, or at any address on a port that only they have.
/// Immutable. A look-up allocates nothing.
/// </summary>
internal sealed class AddressBlocks
{
    private readonly ImmutableArray<(IpBlock Block, FrontendModel Frontend)> _blocks;
    private readonly FrozenDictionary<int, FrontendPortModel> _anywhere;

    /// <param name="frontends">In order: of two with the same claim the first has it.</param>
    internal AddressBlocks(IReadOnlyList<FrontendModel> frontends)
    {
        // The narrowest block first: OrderBy keeps the order of equals.
        _blocks = [.. frontends.SelectMany(f => f.Blocks.Select(b => (b, f))).OrderByDescending(b => UInt128.PopCount(b.b.Mask))];
        _anywhere = frontends.SelectMany(f => f.Ports).Where(p => p.IsAnyAddress).DistinctBy(p => p.Port).ToFrozenDictionary(p => p.Port);
    }

    internal FrontendPortModel? Find(IpValue address, int port)
    {
        foreach ((IpBlock block, FrontendModel frontend) in _blocks)
        {
            if (block.Contains(address) && frontend.FindPort(port) is { } found)
            {
                return found;
            }
        }

        return _anywhere.GetValueOrDefault(port);
    }
}
