using Weft.Http;

namespace Weft.Proxy.Forwarding;

/// <summary>The front of a request's body, kept while a retry may need it. Past its cap it keeps nothing, and the request is sent once.</summary>
internal sealed class ReplayBuffer : IContentTee
{
    /// <summary>More is given back after the request: most bodies are small.</summary>
    private const int KeptBytesMax = 4 << 10;

    private LineBuffer _kept = new();
    private int _bytesMax;

    /// <summary>All that was read of the body so far is here.</summary>
    internal bool IsWhole { get; private set; } = true;

    internal ReadOnlySpan<byte> Bytes => _kept.Bytes;

    public void Take(ReadOnlySpan<byte> bytes)
    {
        if (!IsWhole)
        {
            return;
        }

        if (_kept.Length + bytes.Length > _bytesMax)
        {
            IsWhole = false;
            _kept.Clear();
            return;
        }

        _kept.Add(bytes);
    }

    internal void Begin(int bytesMax)
    {
        _bytesMax = bytesMax;
        IsWhole = true;
        if (_kept.Length > KeptBytesMax)
        {
            _kept = new LineBuffer();
        }

        _kept.Clear();
    }
}
