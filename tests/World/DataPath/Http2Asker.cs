using System.Net;
using System.Text;
using Weft.Http.Http2;
using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http2;

namespace Weft.World.DataPath;

/// <summary>An HTTP/2 client on a loop of its own: one connection, a stream for each question. Made and used by one test.</summary>
internal sealed class Http2Asker : IDisposable
{
    private readonly LoopGroup _loops = LoopGroup.Start("asker", 1);
    private Http2Connection? _connection;

    private EventLoop Loop => _loops.Loops[0];

    internal static async Task<Http2Asker> ConnectAsync(IPEndPoint proxy, Http2Limits? limits = null)
    {
        var asker = new Http2Asker();
        asker._connection = await asker.Loop.InvokeAsync(async () =>
        {
            Outcome<LoopConnection> dialled = await Connector.ConnectAsync(asker.Loop, SocketTarget.Ip(proxy), 5_000);
            Assert.True(dialled.TryGet(out LoopConnection? connection));
            return Http2Connection.Client(asker.Loop, connection, limits ?? Http2Limits.Default);
        }).WaitAsync(PathKit.Patience);
        return asker;
    }

    /// <summary>"name: value" each, pseudo-header fields first.</summary>
    internal Task<Http2Stream> OpenAsync(bool isEnd, params string[] fields)
    {
        var head = new HeaderList();
        foreach (string field in fields)
        {
            int colon = field.IndexOf(": ", 1, StringComparison.Ordinal);
            head.Add(Encoding.Latin1.GetBytes(field[..colon]), Encoding.Latin1.GetBytes(field[(colon + 2)..]));
        }

        return RunAsync(() => new LoopTask<Http2Stream>(_connection!.TryOpen(head, isEnd) ?? throw new InvalidOperationException("The connection takes no stream."))); // ConnectAsync sets it
    }

    internal Task<Http2Stream> GetAsync(string path) => OpenAsync(isEnd: true, ":method: GET", ":scheme: http", $":path: {path}", ":authority: api.default:9080");

    /// <summary>RFC 8441 §4.</summary>
    internal Task<Http2Stream> UpgradeAsync(string path, string protocol = "websocket") =>
        OpenAsync(isEnd: false, ":method: CONNECT", $":protocol: {protocol}", ":scheme: http", $":path: {path}", ":authority: api.default:9080");

    /// <summary>The status; 0 when the stream failed before it.</summary>
    internal Task<int> StatusAsync(Http2Stream stream) => RunAsync(async () => await stream.ReadHeadAsync() == Fault.None ? stream.Head.Status : 0);

    internal Task<bool> WriteAsync(Http2Stream stream, byte[] content, bool isEnd) => RunAsync(async () =>
    {
        const int Piece = 16 << 10;
        bool isTaken = true;
        for (int at = 0; at < content.Length && isTaken; at += Piece)
        {
            int count = Math.Min(Piece, content.Length - at);
            stream.Write(content.AsSpan(at, count), isEnd && at + count == content.Length);
            isTaken = await stream.FlushAsync();
        }

        if (content.Length == 0 && isEnd)
        {
            stream.Write(default, isEnd: true);
        }

        return isTaken;
    });

    /// <summary>The content up to its end, and None; or what came before the fault that ended it.</summary>
    internal Task<(byte[] Content, Fault Fault)> ReadToEndAsync(Http2Stream stream) => RunAsync(async () =>
    {
        var content = new MemoryStream();
        Fault fault = Fault.None;
        while (true)
        {
            content.Write(stream.Input);
            stream.Consume(stream.Input.Length);
            if (stream.IsEnded || fault != Fault.None)
            {
                return (content.ToArray(), stream.IsEnded ? Fault.None : fault);
            }

            fault = await stream.ReadAsync();
        }
    });

    internal void Reset(Http2Stream stream) => Loop.Post(() => stream.Reset(Http2ErrorCode.Cancel));

    public void Dispose() => _loops.Dispose();

    private Task<T> RunAsync<T>(Func<LoopTask<T>> work) => Loop.InvokeAsync(work).WaitAsync(PathKit.Patience);
}
