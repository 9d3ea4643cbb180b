namespace Weft.Proxy.State.Frontends;

/// <summary>What a frontend is called. The short names of a service are beginnings of its full one, of which only the lengths are kept. Immutable.</summary>
internal readonly struct HostNames
{
    private const int BeginningsMax = sizeof(ulong);

    // One byte each, the first lowest; where any name is something else, the texts of all.
    private readonly ulong _lengths;
    private readonly string[]? _texts;

    public HostNames(string name, string[] hostnames)
    {
        if (hostnames.Length > BeginningsMax || !Array.TrueForAll(hostnames, h => h.Length is > 0 and <= byte.MaxValue && name.StartsWith(h, StringComparison.Ordinal)))
        {
            _texts = hostnames;
            return;
        }

        for (int i = 0; i < hostnames.Length; i++)
        {
            _lengths |= (ulong)hostnames[i].Length << (8 * i);
        }
    }

    public int Count => _texts?.Length ?? (BeginningsMax - (System.Numerics.BitOperations.LeadingZeroCount(_lengths) / 8));

    /// <param name="name">The one that it was made with.</param>
    /// <param name="index">Below <see cref="Count"/>.</param>
    public ReadOnlySpan<char> At(string name, int index) => _texts is { } texts ? texts[index] : name.AsSpan(0, (byte)(_lengths >> (8 * index)));
}
