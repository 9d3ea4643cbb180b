using System.Runtime.InteropServices;
using SharpFuzz.Common;

namespace Weft.Property.Fuzz;

/// <summary>
/// A coverage-guided fuzzer in the AFL way, in this process: an input that takes a new edge, or a known one a new order of magnitude more
/// often, joins the queue that later inputs are made from. One at a time: the map of edges is the process's.
/// </summary>
internal sealed unsafe class CoverageFuzzer : IDisposable
{
    /// <summary>The size that SharpFuzz's instrumentation counts in.</summary>
    private const int MapBytes = 64 << 10;

    private readonly Action<byte[]> _target;
    private readonly byte* _map = (byte*)NativeMemory.AllocZeroed(MapBytes);
    private readonly byte[] _seen = new byte[MapBytes];
    private readonly List<byte[]> _queue = [];

    internal CoverageFuzzer(Action<byte[]> target)
    {
        _target = target;
        Trace.SharedMem = _map;
    }

    internal IReadOnlyList<byte[]> Queue => _queue;

    internal int Executions { get; private set; }

    /// <summary>Edges that any input has taken.</summary>
    internal int Edges => _seen.Count(b => b != 0);

    /// <summary>Runs an input and keeps it where it showed something new. What the target throws comes out.</summary>
    internal bool Try(byte[] input)
    {
        NativeMemory.Clear(_map, MapBytes);
        Trace.PrevLocation = 0;
        Executions++;
        _target(input);
        bool isNew = TakeNew();
        if (isNew)
        {
            _queue.Add(input);
        }

        return isNew;
    }

    /// <summary>An input made from the queue.</summary>
    internal byte[] Next(Random random)
    {
        byte[] parent = _queue[random.Next(_queue.Count)];
        return Mutations.Mutate(parent, _queue[random.Next(_queue.Count)], random);
    }

    public void Dispose()
    {
        Trace.SharedMem = null;
        NativeMemory.Free(_map);
    }

    private bool TakeNew()
    {
        bool isNew = false;
        ulong* words = (ulong*)_map;
        for (int i = 0; i < MapBytes / sizeof(ulong); i++)
        {
            if (words[i] == 0)
            {
                continue;
            }

            for (int at = i * sizeof(ulong); at < (i + 1) * sizeof(ulong); at++)
            {
                byte bucket = Bucket(_map[at]);
                isNew |= (bucket & ~_seen[at]) != 0;
                _seen[at] |= bucket;
            }
        }

        return isNew;
    }

    /// <summary>1, 2, 3, 4-7, 8-15, 16-31, 32-127, more: one bit each.</summary>
    private static byte Bucket(byte count) => count switch
    {
        0 => 0,
        1 => 1,
        2 => 2,
        3 => 4,
        < 8 => 8,
        < 16 => 16,
        < 32 => 32,
        < 128 => 64,
        _ => 128,
    };
}
