using System.Net;
using System.Text;
using Weft.Wire;
using Weft.Wire.ProxyProtocol;

namespace Weft.Unit.Wire;

public sealed class ProxyHeaderTests
{
    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", "192.0.2.1:56324", "198.51.100.7:443")]
    [InlineData("PROXY TCP6 2001:db8::1 ::1 1 65535\r\n", "[2001:db8::1]:1", "[::1]:65535")]
    public void TryRead_Version1_GivesBothEnds(string line, string source, string destination)
    {
        ReadOnlySpan<byte> input = Encoding.ASCII.GetBytes(line + "GET");
        Assert.Equal(ReadStatus.Done, ProxyHeaderReader.TryRead(ref input, out ProxyHeader header));
        Assert.Equal(source, header.Source.ToEndPoint().ToString());
        Assert.Equal(destination, header.Destination.ToEndPoint().ToString());
        Assert.Equal("GET", Encoding.ASCII.GetString(input));
    }

    [Theory]
    [InlineData("PROXY UNKNOWN\r\n")]
    [InlineData("PROXY UNKNOWN ffff:: ffff:: 1 2\r\n")]
    public void TryRead_Unknown_IsLocal(string line)
    {
        ReadOnlySpan<byte> input = Encoding.ASCII.GetBytes(line);
        Assert.Equal(ReadStatus.Done, ProxyHeaderReader.TryRead(ref input, out ProxyHeader header));
        Assert.True(header.IsLocal);
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.7 56324\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443 \r\n")]
    [InlineData("PROXY TCP4  192.0.2.1 198.51.100.7 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.256 198.51.100.7 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2 198.51.100.7 1 2\r\n")]
    [InlineData("PROXY TCP4 0x7f.0.0.1 198.51.100.7 1 2\r\n")]
    [InlineData("PROXY TCP4 010.0.0.1 198.51.100.7 1 2\r\n")]
    [InlineData("PROXY TCP4 ::1 ::1 1 2\r\n")]
    [InlineData("PROXY TCP6 127.0.0.1 127.0.0.1 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.7 65536 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.7 01 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.7 +1 2\r\n")]
    [InlineData("PROXY UDP4 192.0.2.1 198.51.100.7 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.7 1 2\n")]
    [InlineData("proxy TCP4 192.0.2.1 198.51.100.7 1 2\r\n")]
    public void TryRead_BrokenLine_IsMalformed(string line)
    {
        ReadOnlySpan<byte> input = Encoding.ASCII.GetBytes(line);
        Assert.Equal(ReadStatus.Malformed, ProxyHeaderReader.TryRead(ref input, out _));
        Assert.Equal(line.Length, input.Length);
    }

    [Fact]
    public void TryRead_LineOver107Bytes_IsTooLarge()
    {
        ReadOnlySpan<byte> input = Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 100));
        Assert.Equal(ReadStatus.TooLarge, ProxyHeaderReader.TryRead(ref input, out _));
    }

    [Theory]
    [InlineData(1, "192.0.2.1:56324", "198.51.100.7:443")]
    [InlineData(2, "192.0.2.1:56324", "198.51.100.7:443")]
    [InlineData(1, "[2001:db8::1]:1", "[fe80::ffff:ffff:ffff:ffff]:65535")]
    [InlineData(2, "[2001:db8::1]:1", "[::1]:65535")]
    public void Write_ThenRead_GivesTheSame(int version, string source, string destination)
    {
        var header = new ProxyHeader(false, ProxyEndPoint.From(IPEndPoint.Parse(source)), ProxyEndPoint.From(IPEndPoint.Parse(destination)));
        byte[] output = new byte[ProxyHeaderWriter.BytesMax];
        int written = ProxyHeaderWriter.Write(output, version, header);
        for (int cut = 0; cut < written; cut++)
        {
            ReadOnlySpan<byte> part = output.AsSpan(0, cut);
            Assert.Equal(ReadStatus.NeedMore, ProxyHeaderReader.TryRead(ref part, out _));
        }

        ReadOnlySpan<byte> input = output.AsSpan(0, written);
        Assert.Equal(ReadStatus.Done, ProxyHeaderReader.TryRead(ref input, out ProxyHeader read));
        Assert.Equal(header, read);
        Assert.True(input.IsEmpty);
    }

    [Theory]
    [InlineData("0D0A0D0A000D0A515549540A" + "11110000")] // version 1 in a binary header
    [InlineData("0D0A0D0A000D0A515549540A" + "22110000")] // command 2
    [InlineData("0D0A0D0A000D0A515549540A" + "2111000BC0000201C633640701BB01")] // too short for its family
    [InlineData("0D0A0D0A000D0A515549540A" + "2112000CC0000201C633640701BB01BB")] // datagrams
    public void TryRead_BrokenBinary_IsMalformed(string hex)
    {
        ReadOnlySpan<byte> input = Convert.FromHexString(hex);
        Assert.Equal(ReadStatus.Malformed, ProxyHeaderReader.TryRead(ref input, out _));
    }

    [Fact]
    public void TryRead_Version2WithTlvs_SkipsThem()
    {
        ReadOnlySpan<byte> input = Convert.FromHexString("0D0A0D0A000D0A515549540A" + "21110011" + "C0000201C6336407DC0401BB" + "0400020000" + "474554");
        Assert.Equal(ReadStatus.Done, ProxyHeaderReader.TryRead(ref input, out ProxyHeader header));
        Assert.Equal("192.0.2.1:56324", header.Source.ToEndPoint().ToString());
        Assert.Equal(3, input.Length);
    }
}
