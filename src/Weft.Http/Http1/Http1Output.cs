using Weft.Transport;
using Weft.Wire.Http1;

namespace Weft.Http.Http1;

/// <summary>The framing of one outgoing message's content. Lives in its connection's stream.</summary>
internal struct Http1Output
{
    private BodyFraming _framing;
    private bool _ended;

    internal readonly bool IsEnded => _ended;

    /// <summary>Content needs nothing around it.</summary>
    internal readonly bool IsPlain => !_ended && _framing is not BodyFraming.Chunked;

    internal void Begin(BodyFraming framing)
    {
        _framing = framing;
        _ended = framing is BodyFraming.None;
    }

    internal void Write(LoopConnection to, ReadOnlySpan<byte> content, bool isEnd)
    {
        if (!_ended && !content.IsEmpty) // else a response without content (HEAD, 304) whose server sent some all the same
        {
            WritePiece(to, content);
        }

        if (isEnd)
        {
            End(to, default);
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

    private readonly void WritePiece(LoopConnection to, ReadOnlySpan<byte> content)
    {
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
}
