using Weft.Transport;
using Weft.Wire.Http1;

namespace Weft.Http.Http1;

/// <summary>The framing of one outgoing message's content. Lives in its connection's stream.</summary>
internal struct Http1Output
{
    private BodyFraming _framing;
    private bool _ended;

    internal readonly bool IsEnded => _ended;

    internal void Begin(BodyFraming framing)
    {
        _framing = framing;
        _ended = framing is BodyFraming.None;
    }

    internal readonly void Write(LoopConnection to, ReadOnlySpan<byte> content)
    {
        if (_ended || content.IsEmpty)
        {
            return; // a response without content (HEAD, 304) whose server sent some all the same
        }

        if (_framing is BodyFraming.Chunked)
        {
            to.Advance(ChunkedWriter.WriteSizeLine(to.Output(ChunkedWriter.SizeLineBytesMax), content.Length));
            to.Write(content);
            to.Write(ChunkedWriter.DataEnd);
        }
        else
        {
            to.Write(content);
        }
    }

    internal void End(LoopConnection to, ReadOnlySpan<byte> trailers)
    {
        if (_ended)
        {
            return;
        }

        _ended = true;
        if (_framing is BodyFraming.Chunked)
        {
            to.Write(trailers.IsEmpty ? ChunkedWriter.End : ChunkedWriter.LastChunk);
            to.Write(trailers);
            to.Write(trailers.IsEmpty ? default : "\r\n"u8);
        }
        else if (_framing is BodyFraming.UntilClose or BodyFraming.Tunnel)
        {
            to.Finish();
        }
    }
}
