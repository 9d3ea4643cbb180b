using System.Runtime.InteropServices;

namespace Weft.Proxy.Control;

/// <summary>The names of one type that are asked for, that are held, or both, and the version of each that is held. Control loop only.</summary>
/// <remarks>
/// A proxy holds tens of thousands of names: each is one entry, whose text is that of the caller, so give the one that lives on anyway. Versions as this
/// project's control plane makes them, 12 bytes in hexadecimal, stand in the entry as bytes.
/// </remarks>
internal sealed class SubscribedNames
{
    private const int VersionBytes = 12;

    private readonly Dictionary<string, Entry> _entries = new(StringComparer.Ordinal);

    // Those that look otherwise. Null: there was none yet.
    private Dictionary<string, string>? _otherVersions;

    public int AskedCount { get; private set; }

    public IEnumerable<string> Asked => _entries.Where(static e => e.Value.IsAsked).Select(static e => e.Key);

    public IEnumerable<KeyValuePair<string, string>> Held =>
        _entries.Where(static e => e.Value.Version != VersionForm.None).Select(e => KeyValuePair.Create(e.Key, VersionOf(e.Key, e.Value)));

    /// <summary>False: it was asked for already.</summary>
    public bool Ask(string name)
    {
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, name, out _);
        if (entry.IsAsked)
        {
            return false;
        }

        entry.IsAsked = true;
        AskedCount++;
        return true;
    }

    public void Hold(string name, string version)
    {
        ref Entry entry = ref CollectionsMarshal.GetValueRefOrAddDefault(_entries, name, out _);
        Span<byte> bytes = MemoryMarshal.AsBytes(new Span<VersionValue>(ref entry.Bytes));
        Span<char> again = stackalloc char[2 * VersionBytes];
        bool isShort = version.Length == 2 * VersionBytes && Convert.FromHexString(version, bytes, out _, out _) == System.Buffers.OperationStatus.Done
            && Convert.TryToHexStringLower(bytes, again, out _) && again.SequenceEqual(version);
        entry.Version = isShort ? VersionForm.Short : VersionForm.Other;
        if (isShort)
        {
            _otherVersions?.Remove(name);
        }
        else
        {
            (_otherVersions ??= new(StringComparer.Ordinal))[name] = version;
        }
    }

    public void Drop(string name)
    {
        _otherVersions?.Remove(name);
        if (_entries.TryGetValue(name, out Entry entry) && !entry.IsAsked)
        {
            _entries.Remove(name);
        }
        else if (entry.IsAsked)
        {
            _entries[name] = entry with { Version = VersionForm.None };
        }
    }

    public void TrimExcess() => _entries.TrimExcess();

    private string VersionOf(string name, Entry entry) => entry.Version == VersionForm.Other
        ? _otherVersions![name] // Hold has put it there
        : Convert.ToHexStringLower(MemoryMarshal.AsBytes(new ReadOnlySpan<VersionValue>(in entry.Bytes)));

    private enum VersionForm : byte
    {
        None,
        Short,
        Other,
    }

    private record struct Entry
    {
        public VersionValue Bytes;
        public VersionForm Version;
        public bool IsAsked;
    }

    [StructLayout(LayoutKind.Sequential, Size = VersionBytes)]
    private record struct VersionValue(uint First, uint Second, uint Third);
}
