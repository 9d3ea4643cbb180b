using Weft.Http;

namespace Weft.Proxy.Forwarding;

/// <summary>A request's content on its way to its mirrors: each piece once, however often the request itself is tried. Its exchange's, while the request lasts.</summary>
internal sealed class MirroredContent(ReplayBuffer replay) : IContentTee
{
    private readonly List<MirrorCopy> _copies = [];

    public void Take(ReadOnlySpan<byte> bytes)
    {
        replay.Take(bytes);
        foreach (MirrorCopy copy in _copies)
        {
            copy.Take(bytes);
        }
    }

    internal void Add(MirrorCopy copy) => _copies.Add(copy);

    /// <summary>All of it was read, or no more of it will be: then the copies are cut off, so that no mirror takes a part for the whole.</summary>
    internal void End(HttpServerStream client)
    {
        foreach (MirrorCopy copy in _copies)
        {
            if (client.IsEnded)
            {
                copy.End(client.Trailers);
            }
            else
            {
                copy.Cut();
            }
        }

        _copies.Clear();
    }
}
