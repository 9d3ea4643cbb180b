using System.Buffers.Binary;
using Weft.Primitives;

namespace Weft.Balancing;

/// <summary>
/// Where hashes belong to endpoints. Made once per membership; who is ejected or was tried is passed over at the pick, so that others keep their keys.
/// Immutable.
/// </summary>
internal abstract class HashTableModel
{
    /// <summary>The endpoint of that place for the hash: 0 is its owner, higher ones are where it goes next.</summary>
    public abstract int Owner(ulong hash, int attempt);

    /// <summary>How many places there are before all of the table was seen.</summary>
    public abstract int AttemptsMax { get; }
}

/// <summary>A ring of hashes in which an endpoint has a share of the points in proportion to its weight (Ketama).</summary>
internal sealed class RingModel : HashTableModel
{
    public const ulong SizeMinDefault = 1024;
    public const ulong SizeMax = 8 << 20;

    private readonly ulong[] _points;
    private readonly int[] _owners;

    public RingModel(EndpointModel[] endpoints, ulong sizeMin)
    {
        double total = endpoints.Sum(e => (double)e.Weight);
        double lightest = endpoints.Min(e => e.Weight) / total;

        // As Envoy scales it: the lightest endpoint gets a whole number of points, and at least one.
        double size = Math.Min(Math.Ceiling(lightest * Math.Min(sizeMin, SizeMax)) / lightest, SizeMax);
        var points = new List<(ulong Point, int Owner)>((int)Math.Min(size, SizeMax) + endpoints.Length);
        Span<byte> seed = stackalloc byte[12];
        double due = 0;
        for (int i = 0; i < endpoints.Length; i++)
        {
            due += endpoints[i].Weight / total * size;
            BinaryPrimitives.WriteUInt64LittleEndian(seed, endpoints[i].Hash);
            for (int n = 0; points.Count < due; n++)
            {
                BinaryPrimitives.WriteInt32LittleEndian(seed[8..], n);
                points.Add((XxHash64.Hash(seed), i));
            }
        }

        points.Sort();
        _points = [.. points.Select(p => p.Point)];
        _owners = [.. points.Select(p => p.Owner)];
    }

    public override int AttemptsMax => _points.Length;

    public override int Owner(ulong hash, int attempt)
    {
        int at = _points.AsSpan().BinarySearch(hash);
        at = at < 0 ? ~at : at;
        return _owners[(at + attempt) % _owners.Length];
    }
}

/// <summary>A table filled by turns (Maglev, NSDI 2016 §3.4): one lookup, even shares, few moves.</summary>
internal sealed class MaglevModel : HashTableModel
{
    public const int SizeDefault = 65537;

    private const int Probes = 64;

    private readonly int[] _table;

    public MaglevModel(EndpointModel[] endpoints, int size)
    {
        _table = new int[size];
        Array.Fill(_table, -1);
        var order = endpoints.Select((e, i) => (e, i)).OrderBy(x => x.e.Key, StringComparer.Ordinal).Select(x => x.i).ToArray();
        ulong[] next = new ulong[endpoints.Length];
        double[] due = new double[endpoints.Length];
        double heaviest = endpoints.Max(e => e.Weight);
        for (int filled = 0; filled < size;)
        {
            foreach (int i in order)
            {
                // A lighter endpoint sits out turns in proportion to its weight.
                due[i] += endpoints[i].Weight / heaviest;
                if (due[i] < 1)
                {
                    continue;
                }

                due[i]--;
                _table[NextFree(endpoints[i].Hash, ref next[i])] = i;
                if (++filled == size)
                {
                    break;
                }
            }
        }
    }

    public override int AttemptsMax => Probes;

    public override int Owner(ulong hash, int attempt) =>
        _table[(attempt == 0 ? hash : Draw.Mix(hash, (uint)attempt)) % (uint)_table.Length];

    private int NextFree(ulong hash, ref ulong turn)
    {
        ulong size = (ulong)_table.Length;
        ulong offset = hash % size;
        ulong skip = (Draw.Mix(hash, 1) % (size - 1)) + 1;
        while (true)
        {
            int slot = (int)((offset + (skip * turn++)) % size);
            if (_table[slot] < 0)
            {
                return slot;
            }
        }
    }
}

/// <summary>The owner of the request's hash, or who comes after it. A request without a hash goes anywhere.</summary>
internal sealed class HashPicker(EndpointModel[] members, EndpointModel[] eligible, HashTableModel table, bool ignoreEjection) : Picker(eligible)
{
    public override EndpointModel? Pick(in PickContext context, in TriedEndpoints tried)
    {
        ulong hash = context.Hash ?? context.Random;
        for (int attempt = 0; attempt < table.AttemptsMax; attempt++)
        {
            var endpoint = members[table.Owner(hash, attempt)];
            if ((ignoreEjection || !endpoint.State.IsEjected) && (tried.IsEmpty || !tried.Contains(endpoint)))
            {
                return endpoint;
            }
        }

        return AnyUntried(hash, tried);
    }
}
