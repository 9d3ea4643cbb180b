using Weft.Primitives;
using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Http1;

namespace Weft.Http.Http1;

/// <summary>Passes bodies through as they are, framing included: what was read in one turn leaves in one send, and a slow taker slows the giver.</summary>
public static class Http1Relay
{
    /// <summary>The request's body, from client to upstream.</summary>
    /// <param name="tee">Sees each piece before it is sent on, for replays; null: nobody does.</param>
    public static async LoopTask<Fault> RequestAsync(Http1Server from, LoopConnection to, IBodyTee? tee = null)
    {
        while (true)
        {
            if (!TryPass(ref from.Body, from.Transport, to, from.Limits, tee))
            {
                return Fault.ClientMalformed;
            }

            if (from.Body.IsEnded)
            {
                return Fault.None;
            }

            if (await to.FlushAsync() != IoStatus.Ok)
            {
                return Fault.UpstreamReset;
            }

            IoStatus status = await from.Transport.ReadAsync();
            if (status != IoStatus.Ok)
            {
                return status.AsClientFault();
            }
        }
    }

    /// <summary>The response's body, from upstream to client.</summary>
    public static async LoopTask<Fault> ResponseAsync(Http1Client from, LoopConnection to, Http1Limits limits)
    {
        while (true)
        {
            if (!TryPass(ref from.Body, from.Transport, to, limits, null))
            {
                return Fault.UpstreamMalformed;
            }

            if (from.Body.IsEnded)
            {
                return Fault.None;
            }

            if (await to.FlushAsync() != IoStatus.Ok)
            {
                return Fault.ClientClosed;
            }

            IoStatus status = await from.Transport.ReadAsync();
            if (status == IoStatus.Ok)
            {
                continue;
            }

            if (status == IoStatus.End && from.Body.EndsWithConnection)
            {
                from.Body.EndWithConnection();
                return Fault.None;
            }

            return status == IoStatus.TimedOut ? Fault.UpstreamTimedOut : Fault.UpstreamTruncated;
        }
    }

    /// <summary>The response's body to a client that does not know the chunked coding (HTTP/1.0); the connection's end is the body's.</summary>
    public static async LoopTask<Fault> UnchunkAsync(Http1Client from, LoopConnection to, Http1Limits limits)
    {
        var reader = default(ChunkedReader);
        while (true)
        {
            ReadStatus read = PassData(ref reader, from.Transport, to, limits);
            if (read is not ReadStatus.NeedMore)
            {
                from.Body.EndAs(read is ReadStatus.Done);
                return read is ReadStatus.Done ? Fault.None : Fault.UpstreamMalformed;
            }

            if (await to.FlushAsync() != IoStatus.Ok)
            {
                return Fault.ClientClosed;
            }

            IoStatus status = await from.Transport.ReadAsync();
            if (status != IoStatus.Ok)
            {
                return status == IoStatus.TimedOut ? Fault.UpstreamTimedOut : Fault.UpstreamTruncated;
            }
        }
    }

    private static ReadStatus PassData(ref ChunkedReader reader, LoopConnection from, LoopConnection to, Http1Limits limits)
    {
        while (true)
        {
            ReadOnlySpan<byte> input = from.Input;
            ReadStatus status = reader.Next(input, limits, out int consumed, out ChunkedPiece piece);
            if (piece.Kind is ChunkedPieceKind.Data)
            {
                to.Write(piece.Range.In(input));
            }

            from.Consume(consumed);
            if (status is not ReadStatus.NeedMore || piece.Kind is ChunkedPieceKind.None)
            {
                return status;
            }
        }
    }

    /// <summary>Passes what is here already. False: the framing is broken.</summary>
    public static bool TryPass(ref Http1Body body, LoopConnection from, LoopConnection to, Http1Limits limits, IBodyTee? tee)
    {
        ReadOnlySpan<byte> input = from.Input;
        bool right = body.TryTake(input, limits, out int length);
        if (length > 0)
        {
            tee?.Take(input[..length]);
            to.Write(input[..length]);
            from.Consume(length);
        }

        return right;
    }
}

/// <summary>Sees a body on its way through.</summary>
public interface IBodyTee
{
    void Take(ReadOnlySpan<byte> bytes);
}
