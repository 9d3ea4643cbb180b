using System.Buffers;
using Weft.Http;

namespace Weft.Proxy.Forwarding;

/// <summary>The front of a request's body, kept while a retry may need it. Past its cap it keeps nothing, and the request is sent once.</summary>
internal sealed class ReplayBuffer : IContentTee
{
    private const int BytesMin = 4 << 10;

    private byte[] _kept = []; // rented; owner: this buffer, until Release
    private int _length;
    private int _bytesMax;

    /// <summary>All that was read of the body so far is here.</summary>
    internal bool IsWhole { get; private set; } = true;

    internal ReadOnlySpan<byte> Bytes => _kept.AsSpan(0, _length);

    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (!IsWhole)
        {
            return;
        }

        if (_length + bytes.Length > _bytesMax)
        {
            IsWhole = false;
            Release();
            return;
        }

        if (_kept.Length - _length < bytes.Length)
        {
            Grow(bytes.Length);
        }

        bytes.CopyTo(_kept.AsSpan(_length));
        _length += bytes.Length;
    }

    internal void Begin(int bytesMax)
    {
        _bytesMax = bytesMax;
        IsWhole = true;
        _length = 0;
    }

    /// <summary>No retry will come.</summary>
    internal void Release()
    {
        _length = 0;
        if (_kept.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_kept);
            _kept = [];
        }
    }

    private void Grow(int count)
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(BytesMin, Math.Max(_length + count, Math.Min(_kept.Length * 2, _bytesMax))));
        Bytes.CopyTo(larger);
        if (_kept.Length > 0)
        {
            ArrayPool<byte>.Shared.Return(_kept);
        }

        _kept = larger;
    }
}
