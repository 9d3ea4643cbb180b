using System.Net;
using System.Net.Sockets;
using System.Text;
using Weft.Transport;

namespace Weft.World.DataPath;

/// <summary>Clients that begin something and do not go on (slow loris): each wait for them ends with a defined answer. The loops' clock runs fast.</summary>
public sealed class SlowClientTests
{
    /// <summary>Five minutes in three seconds.</summary>
    private const int ClockSpeed = 100;

    private const string Preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";
    private const string Settings = "\0\0\0\u0004\0\0\0\0\0";

    /// <summary>What the client says before it rests, and how the answer begins; empty: the connection ends without one.</summary>
    public static TheoryData<string, string> Beginnings => new()
    {
        { "", "" },
        { "GET", "HTTP/1.1 408" }, // too few bytes to know a protocol by
        { "GET / HT", "HTTP/1.1 408" },
        { "GET / HTTP/1.1\r\nHost: api.default:9080\r\nX: y", "HTTP/1.1 408" },
        { "POST / HTTP/1.1\r\nHost: api.default:9080\r\nContent-Length: 10\r\n\r\nhello", "HTTP/1.1 408" },
        { "POST / HTTP/1.1\r\nHost: api.default:9080\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhel", "HTTP/1.1 408" },
        { "POST / HTTP/1.1\r\nHost: api.default:9080\r\nTransfer-Encoding: chunked\r\n\r\n5", "HTTP/1.1 408" },
        { "PRI * HTT", "HTTP/1.1 408" },
        { Preface, "\0" },
        { Preface + Settings, "\0" },
        { Preface + Settings + "\0\0\u0005\u0001", "\0" }, // a frame's head cut short
        { Preface + Settings + "\0\0\u0001\u0001\0\0\0\0\u0001\u0082", "\0" }, // a header block that does not end
    };

    [Theory]
    [MemberData(nameof(Beginnings))]
    public async Task Client_BeginsAndRests_IsEnded(string said, string answer)
    {
        using var origin = new RawOrigin(async c => await c.ReadToEndAsync());
        await using var kit = new PathKit { ClockSpeed = ClockSpeed };
        IPEndPoint proxy = kit.Start(1, origin);
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(proxy);
        await socket.SendAsync(Encoding.Latin1.GetBytes(said));
        using var stream = new NetworkStream(socket);
        var read = new MemoryStream();
        await stream.CopyToAsync(read).WaitAsync(PathKit.Patience);
        string got = Encoding.Latin1.GetString(read.ToArray());
        Assert.StartsWith(answer, got, StringComparison.Ordinal);
        Assert.Equal(answer.Length == 0, got.Length == 0);
    }
}
