using System.Net;
using Weft.Http.Http2;
using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http2;

namespace Weft.World.Proxy;

/// <summary>
/// Our HTTP/2 server on a free port; it answers with the content it gets (/count: with none, /give: with much) and trailers that count it.
/// </summary>
internal sealed class Http2Echo : IDisposable
{
    internal const int GivenBytes = 3 << 20;

    private readonly LoopGroup _loops = LoopGroup.Start("h2-echo", 1);
    private readonly LoopListener _listener;

    internal Http2Echo(Http2Limits? limits = null)
    {
        int fd = Sockets.Listen(SocketTarget.Ip(IPAddress.Loopback, 0));
        _listener = LoopListener.Start(_loops, fd, io => Http2Connection.Server(io.Loop, io, limits ?? Http2Limits.Default, s => io.Loop.Supervise(EchoAsync(s), "echo")));
        Port = _listener.LocalAddress!.Port;
    }

    internal int Port { get; }

    public void Dispose()
    {
        _listener.Stop();
        _loops.Dispose();
    }

    private static async LoopTask EchoAsync(Http2Stream stream)
    {
        var head = new HeaderList();
        head.Add(":status"u8, "200"u8);
        head.Add("x-path"u8, stream.Fields.Value(stream.Head.PathIndex));
        stream.WriteHead(head, isEnd: false);
        bool isSilent = stream.Fields.Value(stream.Head.PathIndex).SequenceEqual("/count"u8);
        int toGive = stream.Fields.Value(stream.Head.PathIndex).SequenceEqual("/give"u8) ? GivenBytes : 0;
        for (byte[] piece = new byte[10_000]; toGive > 0; toGive -= piece.Length)
        {
            stream.Write(piece.AsSpan(0, Math.Min(piece.Length, toGive)), isEnd: false);
            if (!await stream.FlushAsync())
            {
                return;
            }
        }

        long count = 0;
        while (true)
        {
            if (!stream.Input.IsEmpty)
            {
                count += stream.Input.Length;
                stream.Write(isSilent ? default : stream.Input, isEnd: false);
                stream.Consume(stream.Input.Length);
                if (!await stream.FlushAsync())
                {
                    return;
                }
            }
            else if (stream.IsEnded)
            {
                break;
            }
            else if (await stream.ReadAsync() != Fault.None)
            {
                return;
            }
        }

        var trailers = new HeaderList();
        trailers.Add("x-count"u8, System.Text.Encoding.ASCII.GetBytes($"{count}"));
        stream.WriteTrailers(trailers);
    }
}
