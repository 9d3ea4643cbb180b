using System.Buffers.Binary;
using System.Security.Cryptography;
using Google.Protobuf;
using Weft.Identity;
using Weft.Protocol.Discovery.V1;

namespace Weft.Proxy.State;

/// <summary>
/// The last good resources on disk, so that a proxy starts and serves without a control plane. A log of what was taken; rewritten whole when it
/// has grown to several times its live content. Control loop only.
/// </summary>
/// <remarks>
/// <code>record: length (4, little endian) · first 4 bytes of SHA-256 of the payload · payload (a DeltaResponse)</code>
/// A record that was cut short by a crash ends the reading; what stands before it holds.
/// </remarks>
internal sealed class SavedResources(StateDirectory directory)
{
    private const string FileName = "resources.log";
    private const int HeadBytes = 8;

    /// <summary>Below this, rewriting is not worth it.</summary>
    private const long RewriteBytesMin = 1 << 20;

    private readonly string _path = Path.Combine(directory.Path, FileName);
    private long _written;
    private long _live;
    private bool _failed;

    /// <summary>Why the last write failed; null while the saved state is complete.</summary>
    public string? Problem { get; private set; }

    /// <summary>Everything that was saved, types in no order. Rewrites the file to just that.</summary>
    public IReadOnlyDictionary<string, ResourceDelta> Load()
    {
        Dictionary<(string Type, string Name), Resource> live = ReadAll();
        Rewrite(live);
        return ByType(live);
    }

    /// <summary>The same without rewriting anything.</summary>
    public IReadOnlyDictionary<string, ResourceDelta> Read() => ByType(ReadAll());

    private static Dictionary<string, ResourceDelta> ByType(Dictionary<(string Type, string Name), Resource> live)
    {
        return live.GroupBy(r => r.Key.Type, StringComparer.Ordinal).ToDictionary(
            g => g.Key,
            g => new ResourceDelta(g.Key, [.. g.Select(r => new ResourceUpdate(r.Value.Name, r.Value.Version, r.Value.Value.Value))], [], []),
            StringComparer.Ordinal);
    }

    /// <summary>Adds what was taken. A full disk is a problem to report, not a reason to stop serving.</summary>
    public void Save(DeltaResponse taken)
    {
        if (taken.Resources.Count == 0 && taken.Removed.Count == 0)
        {
            return;
        }

        try
        {
            Append(taken);
            if (_written > Math.Max(RewriteBytesMin, _live * 4))
            {
                Rewrite(ReadAll());
            }

            if (!_failed)
            {
                Problem = null;
            }
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // From here on the file lacks something; the next reconnect after a restart brings it again.
            _failed = true;
            Problem = $"{_path}: {e.Message}";
        }
    }

    private void Append(DeltaResponse taken)
    {
        byte[] record = Encode(taken);
        using var file = new FileStream(_path, Options(FileMode.Append));
        file.Write(record);
        _written += record.Length;
    }

    private void Rewrite(Dictionary<(string Type, string Name), Resource> live)
    {
        var whole = new MemoryStream();
        foreach (IGrouping<string, KeyValuePair<(string Type, string Name), Resource>> type in live.GroupBy(r => r.Key.Type, StringComparer.Ordinal))
        {
            foreach ((_, Resource resource) in type)
            {
                whole.Write(Encode(new DeltaResponse { Type = type.Key, Resources = { resource } }));
            }
        }

        directory.Write(FileName, whole.GetBuffer().AsSpan(0, (int)whole.Length));
        _written = _live = whole.Length;
        _failed = false;
    }

    private Dictionary<(string Type, string Name), Resource> ReadAll()
    {
        var live = new Dictionary<(string, string), Resource>();
        ReadOnlySpan<byte> rest = directory.TryRead(FileName) ?? [];
        while (TryDecode(ref rest, out DeltaResponse? record))
        {
            foreach (Resource resource in record.Resources)
            {
                live[(record.Type, resource.Name)] = resource;
            }

            foreach (string name in record.Removed)
            {
                live.Remove((record.Type, name));
            }
        }

        return live;
    }

    private static byte[] Encode(DeltaResponse record)
    {
        int length = record.CalculateSize();
        byte[] bytes = new byte[HeadBytes + length];
        BinaryPrimitives.WriteInt32LittleEndian(bytes, length);
        record.WriteTo(bytes.AsSpan(HeadBytes));
        SHA256.HashData(bytes.AsSpan(HeadBytes)).AsSpan(0, 4).CopyTo(bytes.AsSpan(4));
        return bytes;
    }

    private static bool TryDecode(ref ReadOnlySpan<byte> rest, [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out DeltaResponse? record)
    {
        record = null;
        if (rest.Length < HeadBytes)
        {
            return false;
        }

        int length = BinaryPrimitives.ReadInt32LittleEndian(rest);
        if (length < 0 || length > rest.Length - HeadBytes)
        {
            return false;
        }

        ReadOnlySpan<byte> payload = rest.Slice(HeadBytes, length);
        if (!SHA256.HashData(payload).AsSpan(0, 4).SequenceEqual(rest.Slice(4, 4)))
        {
            return false;
        }

        record = DeltaResponse.Parser.ParseFrom(payload);
        rest = rest[(HeadBytes + length)..];
        return true;
    }

    private static FileStreamOptions Options(FileMode mode) => new()
    {
        Mode = mode, Access = FileAccess.Write, BufferSize = 0, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite,
    };
}
