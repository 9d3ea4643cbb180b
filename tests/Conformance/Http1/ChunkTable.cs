using System.Text;
using Weft.Wire;
using Weft.Wire.Http1;
using static Weft.Wire.Http1.Http1Error;

namespace Weft.Conformance.Http1;

/// <summary>RFC 9112 §7.1: the chunked coding, and what is not it.</summary>
public sealed class ChunkTable
{
    public static TheoryData<string, Http1Error, string> Bodies => new()
    {
        { "0\r\n\r\n", None, "" },
        { "5\r\nhello\r\n0\r\n\r\n", None, "hello" },
        { "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", None, "hello world" },
        { "a\r\n0123456789\r\n0\r\n\r\n", None, "0123456789" },
        { "A\r\n0123456789\r\n0\r\n\r\n", None, "0123456789" },
        { "00005\r\nhello\r\n000\r\n\r\n", None, "hello" },
        { "5;name=value\r\nhello\r\n0\r\n\r\n", None, "hello" },
        { "5;n=\"q;\"\r\nhello\r\n0;x\r\n\r\n", None, "hello" },
        { "0\r\nX-Sum: 1\r\n\r\n", None, "" },
        { "\r\n0\r\n\r\n", ChunkSizeInvalid, "" },
        { "g\r\n", ChunkSizeInvalid, "" },
        { "-1\r\n", ChunkSizeInvalid, "" },
        { "+5\r\nhello\r\n", ChunkSizeInvalid, "" },
        { "0x5\r\nhello\r\n", ChunkSizeInvalid, "" },
        { "5_0\r\n", ChunkSizeInvalid, "" },
        { " 5\r\nhello\r\n", ChunkSizeInvalid, "" },
        { "5 \r\nhello\r\n", ChunkExtensionInvalid, "" },
        { "5\t\r\nhello\r\n", ChunkExtensionInvalid, "" },
        { "5 ;x\r\nhello\r\n", ChunkExtensionInvalid, "" },
        { "5,x\r\nhello\r\n", ChunkSizeInvalid, "" },
        { "7fffffffffffffff\r\n", None, "" },
        { "8000000000000000\r\n", ChunkSizeOverflow, "" },
        { "10000000000000005\r\n", ChunkSizeOverflow, "" },
        { "00000000000000005\r\n", ChunkSizeOverflow, "" },
        { "5\nhello\r\n", BareLf, "" },
        { "5\rhello\r\n", BareCr, "" },
        { "5;x\n0\r\n\r\n", BareLf, "" },
        { "5;x\0\r\nhello\r\n", NulByte, "" },
        { "5\r\nhelloX\r\n", ChunkEndMissing, "hello" },
        { "5\r\nhello\n0\r\n\r\n", ChunkEndMissing, "hello" },
        { "5\r\nhello\rX", ChunkEndMissing, "hello" },
        { "5\r\nhello0\r\n\r\n", ChunkEndMissing, "hello" },
        { "0\r\n\n", BareLf, "" },
        { "0\r\n\rX", BareCr, "" },
        { "0\r\nTransfer-Encoding: chunked\r\n\r\n", TrailerForbidden, "" },
        { "0\r\nContent-Length: 5\r\n\r\n", TrailerForbidden, "" },
        { "0\r\nHost: b\r\n\r\n", TrailerForbidden, "" },
        { "0\r\nAuthorization: x\r\n\r\n", TrailerForbidden, "" },
        { "0\r\nX-Forwarded-For: 1.2.3.4\r\n\r\n", TrailerForbidden, "" },
        { "0\r\nX : y\r\n\r\n", SpaceBeforeColon, "" },
        { "0\r\nX\r\n\r\n", ColonMissing, "" },
        { "0\r\n X: y\r\n\r\n", ObsoleteFold, "" },
        { "0\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n", ColonMissing, "" },
    };

    [Theory]
    [MemberData(nameof(Bodies))]
    public void Body_Row_GetsItsVerdict(string body, Http1Error verdict, string data)
    {
        byte[] input = Encoding.Latin1.GetBytes(body);
        var reader = default(ChunkedReader);
        var read = new StringBuilder();
        int at = 0;
        ReadStatus status;
        ChunkedPiece piece;
        do
        {
            status = reader.Next(input.AsSpan(at), Http1Limits.Default, out int consumed, out piece);
            read.Append(piece.Kind is ChunkedPieceKind.Data ? Encoding.Latin1.GetString(piece.Range.In(input.AsSpan(at))) : string.Empty);
            at += consumed;
        }
        while (status is ReadStatus.NeedMore && piece.Kind is not ChunkedPieceKind.None);

        Assert.Equal(verdict, reader.Error);
        Assert.Equal(data, read.ToString());
        Assert.Equal(reader.IsEnded, status is ReadStatus.Done);
    }

    [Fact]
    public void Body_WithRequestBehind_EndsBeforeIt()
    {
        byte[] input = "5\r\nhello\r\n0\r\n\r\nGET / HTTP/1.1\r\n"u8.ToArray();
        var reader = default(ChunkedReader);
        Assert.Equal(ReadStatus.Done, reader.Validate(input, Http1Limits.Default, out int length));
        Assert.Equal("GET / HTTP/1.1\r\n", Encoding.ASCII.GetString(input.AsSpan(length)));
    }

    [Fact]
    public void Body_CutBeforeItsEnd_IsNotEnded()
    {
        byte[] input = "5\r\nhello\r\n0\r\n\r\n"u8.ToArray();
        for (int cut = 0; cut < input.Length; cut++)
        {
            var reader = default(ChunkedReader);
            Assert.Equal(ReadStatus.NeedMore, reader.Validate(input.AsSpan(0, cut), Http1Limits.Default, out _));
            Assert.False(reader.IsEnded);
        }
    }

    [Theory]
    [InlineData(2000, 0, 0, ChunkLineTooLong)]
    [InlineData(100, 1000, 0, ChunkExtensionsTooLarge)]
    [InlineData(0, 0, 9000, TrailersTooLarge)]
    public void Body_OverALimit_NamesIt(int extension, int chunks, int trailer, Http1Error verdict)
    {
        string line = extension == 0 ? string.Empty : $";{new string('x', extension)}";
        string body = string.Concat(Enumerable.Repeat($"1{line}\r\na\r\n", Math.Max(chunks, 1))) + $"0\r\nX: {new string('x', trailer)}\r\n\r\n";
        var reader = default(ChunkedReader);
        Assert.Equal(ReadStatus.TooLarge, reader.Validate(Encoding.ASCII.GetBytes(body), Http1Limits.Default, out _));
        Assert.Equal(verdict, reader.Error);
    }
}
