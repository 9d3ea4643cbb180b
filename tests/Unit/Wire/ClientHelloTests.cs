using System.Text;
using Weft.Wire;
using Weft.Wire.Tls;

namespace Weft.Unit.Wire;

public sealed class ClientHelloTests
{
    [Fact]
    public void TryRead_UsualHello_GivesNameProtocolsAndVersion()
    {
        byte[] scratch = new byte[ClientHello.BytesMax];
        Assert.Equal(ReadStatus.Done, ClientHello.TryRead(HelloBytes.Record(HelloBytes.Message("reviews.example", ["h2", "http/1.1"])), scratch, out ClientHello hello));
        Assert.Equal("reviews.example", Encoding.ASCII.GetString(hello.ServerName));
        Assert.True(hello.Offers("h2"u8));
        Assert.True(hello.Offers("http/1.1"u8));
        Assert.False(hello.Offers("weft/1"u8));
        Assert.True(hello.OffersTls13);
    }

    [Fact]
    public void TryRead_OfDotNetsOwnClient_GivesItsName()
    {
        // What SslStream really sends is the best witness against a reader that only reads its own tests.
        using var sent = new MemoryStream();
        using var ssl = new System.Net.Security.SslStream(new OneWay(sent));
        _ = Assert.ThrowsAny<IOException>(() => ssl.AuthenticateAsClient(new System.Net.Security.SslClientAuthenticationOptions
        {
            TargetHost = "details.example",
            ApplicationProtocols = [System.Net.Security.SslApplicationProtocol.Http2],
        }));

        Assert.Equal(ReadStatus.Done, ClientHello.TryRead(sent.ToArray(), new byte[ClientHello.BytesMax], out ClientHello hello));
        Assert.Equal("details.example", Encoding.ASCII.GetString(hello.ServerName));
        Assert.True(hello.Offers("h2"u8));
        Assert.True(hello.OffersTls13);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(50)]
    public void TryRead_SplitOverRecords_IsTheSame(int fragmentBytes)
    {
        byte[] message = HelloBytes.Message("reviews.example", ["h2"]);
        byte[] records = [.. message.Chunk(fragmentBytes).SelectMany(HelloBytes.Record)];
        Assert.Equal(ReadStatus.Done, ClientHello.TryRead(records, new byte[ClientHello.BytesMax], out ClientHello hello));
        Assert.Equal("reviews.example", Encoding.ASCII.GetString(hello.ServerName));
    }

    [Fact]
    public void TryRead_EveryCut_NeedsMore()
    {
        byte[] record = HelloBytes.Record(HelloBytes.Message("reviews.example", ["h2"]));
        byte[] scratch = new byte[ClientHello.BytesMax];
        for (int cut = 0; cut < record.Length; cut++)
        {
            Assert.Equal(ReadStatus.NeedMore, ClientHello.TryRead(record.AsSpan(0, cut), scratch, out _));
        }
    }

    [Fact]
    public void TryRead_BrokenHellos_AreRefused()
    {
        byte[] scratch = new byte[ClientHello.BytesMax];
        Assert.Equal(ReadStatus.Malformed, ClientHello.TryRead("GET / HTTP/1.1\r\n"u8, scratch, out _));
        Assert.Equal(ReadStatus.Malformed, ClientHello.TryRead([22, 2, 0, 0, 5, 1], scratch, out _));
        Assert.Equal(ReadStatus.Malformed, ClientHello.TryRead([22, 3, 1, 0, 0], scratch, out _));
        Assert.Equal(ReadStatus.Malformed, ClientHello.TryRead([22, 3, 1, 0, 4, 2, 0, 0, 0], scratch, out _));
        Assert.Equal(ReadStatus.TooLarge, ClientHello.TryRead([22, 3, 1, 0, 4, 1, 0x7F, 0, 0], scratch, out _));
        Assert.Equal(ReadStatus.Malformed, ClientHello.TryRead(HelloBytes.Record(HelloBytes.Message("bad name", [])), scratch, out _));
        Assert.Equal(ReadStatus.Malformed, ClientHello.TryRead(HelloBytes.Record(HelloBytes.Message("a", [], names: 2)), scratch, out _));
    }

    private sealed class OneWay(Stream sent) : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => true;

        public override long Length => throw new NotSupportedException();

        public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => 0;

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => sent.Write(buffer, offset, count);
    }
}

/// <summary>ClientHellos by the letter of RFC 8446 §4.1.2.</summary>
internal static class HelloBytes
{
    internal static byte[] Record(byte[] fragment) => [22, 3, 1, .. U16(fragment.Length), .. fragment];

    internal static byte[] Message(string name, string[] protocols, int names = 1)
    {
        byte[] host = Encoding.ASCII.GetBytes(name);
        byte[] entry = [0, .. U16(host.Length), .. host];
        byte[] serverName = Extension(0, [.. U16(entry.Length), .. entry]);
        byte[] alpn = [.. protocols.SelectMany(p => Encoding.ASCII.GetBytes(p).Prepend((byte)p.Length))];
        byte[] extensions =
        [
            .. Enumerable.Repeat(serverName, names).SelectMany(e => e),
            .. protocols.Length == 0 ? [] : Extension(16, [.. U16(alpn.Length), .. alpn]),
            .. Extension(43, [4, 3, 4, 3, 3]),
        ];
        byte[] body = [3, 3, .. new byte[32], 0, 0, 2, 0x13, 0x01, 1, 0, .. U16(extensions.Length), .. extensions];
        return [1, 0, .. U16(body.Length), .. body];
    }

    private static byte[] Extension(int type, byte[] data) => [.. U16(type), .. U16(data.Length), .. data];

    private static byte[] U16(int value) => [(byte)(value >> 8), (byte)value];
}
