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

    /// <summary>Beyond that many points a ring grows only when its configured size says so: 1.5 MiB.</summary>
    public const ulong SizeUsual = 1 << 17;

    private readonly ulong[] _points;
    private readonly int[] _owners;

    public RingModel(EndpointModel[] endpoints, ulong sizeMin)
    {
        double lightest = endpoints.Min(e => e.Weight);
        double units = endpoints.Sum(e => e.Weight / lightest);
        double perUnit = PointsPerUnit(Math.Min(sizeMin, SizeMax), units);
        var points = new List<(ulong Point, int Owner)>((int)(perUnit * units) + endpoints.Length);
        Span<byte> seed = stackalloc byte[12];
        for (int i = 0; i < endpoints.Length; i++)
        {
            int share = (int)Math.Max(1, Math.Round(perUnit * endpoints[i].Weight / lightest));
            BinaryPrimitives.WriteUInt64LittleEndian(seed, endpoints[i].Hash);
            for (int n = 0; n < share; n++)
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

    /// <summary>
    /// The same number whoever comes and goes, so that only the keys of the one who left move; two endpoints already make the smallest ring. Envoy
    /// divides a ring of fixed size instead, and moves a tenth more. Large clusters share <see cref="SizeUsual"/>.
    /// </summary>
    private static double PointsPerUnit(ulong sizeMin, double units) => Math.Min(Math.Ceiling(sizeMin / 2.0), Math.Max(sizeMin, SizeUsual) / units);
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
            if ((ignoreEjection || !endpoint.State.IsOut) && (tried.IsEmpty || !tried.Contains(endpoint)))
            {
                return endpoint;
            }
        }

        return AnyUntried(hash, tried);
    }
}
