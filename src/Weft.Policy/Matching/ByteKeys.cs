using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;

namespace Weft.Policy.Matching;

/// <summary>Byte strings as dictionary keys that can be asked for by span. Keys come from configuration, so hash flooding is no concern.</summary>
internal sealed class ByteKeyComparer : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
{
    public static ByteKeyComparer Instance { get; } = new();

    public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

    public int GetHashCode(byte[] obj) => GetHashCode(obj.AsSpan());

    public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

    public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();

    public int GetHashCode(ReadOnlySpan<byte> alternate)
    {
        ulong hash = (ulong)alternate.Length * 0x9E3779B97F4A7C15UL;
        while (alternate.Length >= 8)
        {
            hash = (hash ^ BinaryPrimitives.ReadUInt64LittleEndian(alternate)) * 0xBF58476D1CE4E5B9UL;
            hash ^= hash >> 29;
            alternate = alternate[8..];
        }

        foreach (byte b in alternate)
        {
            hash = (hash ^ b) * 0x100000001B3UL;
        }

        return (int)(hash ^ (hash >> 32));
    }
}

/// <summary>A read-only table from byte strings to values.</summary>
internal sealed class ByteMap<TValue>
    where TValue : class
{
    private Dictionary<byte[], TValue>? _entries; // most maps of a large mesh stay empty

    public int Count => _entries?.Count ?? 0;

    public IEnumerable<KeyValuePair<byte[], TValue>> Entries => _entries ?? [];

    private Dictionary<byte[], TValue> Made => _entries ??= new(ByteKeyComparer.Instance);

    public TValue GetOrAdd(byte[] key, Func<TValue> make)
    {
        if (!Made.TryGetValue(key, out var value))
        {
            Made.Add(key, value = make());
        }

        return value;
    }

    public bool TryAdd(byte[] key, TValue value) => Made.TryAdd(key, value);

    public bool TryGet(ReadOnlySpan<byte> key, [MaybeNullWhen(false)] out TValue value)
    {
        if (_entries is { } entries)
        {
            return entries.GetAlternateLookup<ReadOnlySpan<byte>>().TryGetValue(key, out value);
        }

        value = null;
        return false;
    }
}
