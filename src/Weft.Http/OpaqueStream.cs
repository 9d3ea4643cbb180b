using Weft.Primitives;
using Weft.Transport;

namespace Weft.Http;

/// <summary>A connection whose bytes nobody reads but its two ends: a tunnel's content is all of it. Its loop only.</summary>
public sealed class OpaqueStream(LoopConnection transport, Func<IoStatus, Fault> blame) : HttpStream
{
    private bool _isEnded;

    public override ReadOnlySpan<byte> Content => transport.Input;

    public override bool IsEnded => _isEnded;

    public override bool IsContentLast => false;

    public override ReadOnlySpan<byte> Trailers => default;

    public override long BytesReceived => transport.BytesReceived;

    public override long BytesSent => transport.BytesSent;

    public static OpaqueStream OfClient(LoopConnection transport) => new(transport, IoFaults.AsClientFault);

    public static OpaqueStream OfUpstream(LoopConnection transport) => new(transport, IoFaults.AsUpstreamFault);

    public override void Consume(int count) => transport.Consume(count);

    public override async LoopTask<Fault> ReadAsync()
    {
        IoStatus status = await transport.ReadAsync();
        _isEnded = status is IoStatus.End;
        return _isEnded ? Fault.None : blame(status);
    }

    public override void SetReadDeadline(long milliseconds) => transport.SetReadDeadline(milliseconds);

    public override void Write(ReadOnlySpan<byte> content, bool isEnd = false)
    {
        transport.Write(content);
        if (isEnd)
        {
            transport.Finish();
        }
    }

    public override void End(ReadOnlySpan<byte> trailers) => transport.Finish();

    public override async LoopTask<bool> FlushAsync() => await transport.FlushAsync() == IoStatus.Ok;

    public override async LoopTask<bool> DrainAsync() => await transport.DrainAsync() == IoStatus.Ok;

    public override void Abort() => transport.Abort();

    public override void BecomeTunnel()
    {
        // It is nothing else.
    }

    internal override LoopConnection? PlainOutput => transport;

    internal override bool TryHandOver(LoopConnection to)
    {
        transport.PassTo(to);
        return true;
    }
}
