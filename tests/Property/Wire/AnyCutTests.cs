using System.Text;
using CsCheck;
using Weft.Wire;
using Weft.Wire.Http1;
using Weft.Wire.Http2;
using HttpMethod = Weft.Wire.Http1.HttpMethod;

namespace Weft.Property.Wire;

/// <summary>How bytes arrive never matters: every reader says the same of a message in one piece and of any cuts of it.</summary>
public sealed class AnyCutTests
{
    private static readonly Gen<string> Text = Gen.Char[" :\r\n\tacghkx015,;=\"\0\u007f\u00e9/"].Array[0, 12].Select(c => new string(c));

    private static readonly Gen<string> Field = Pick(
        "Host: a", "host: B:80", "Content-Length: 5", "Content-Length: 6", "Transfer-Encoding: chunked", "Connection: close, x", "X: y", "Expect: 100-continue",
        "Upgrade: websocket", " folded", "Bad : x", "TE: trailers").SelectMany(f => Gen.OneOf(Gen.Const(string.Empty), Gen.Const(string.Empty), Text).Select(t => f + t));

    private static readonly Gen<byte[]> Requests =
        Gen.Select(
            Pick("GET / HTTP/1.1", "POST /a?b HTTP/1.1", "GET http://a/ HTTP/1.1", "CONNECT a:1 HTTP/1.1", "OPTIONS * HTTP/1.0", "GET  / HTTP/1.1", "\r\nGET / HTTP/1.1"),
            Field.Array[0, 6],
            Pick("\r\n", "\r\n", "\r\n", "\n"),
            (line, fields, end) => Encoding.Latin1.GetBytes(string.Join(end, fields.Prepend(line)) + end + end + "rest"));

    private static readonly Gen<byte[]> Chunked = Gen.OneOf(
            Pick("5\r\nhello\r\n", "1;x=y\r\na\r\n", "0\r\n\r\n", "0\r\nX: y\r\n\r\n", "g\r\n", "3\r\nab\r\n", "0\r\nHost: a\r\n\r\n"), Text)
        .Array[0, 6].Select(parts => Encoding.Latin1.GetBytes(string.Concat(parts)));

    [Fact]
    public void RequestHead_AnyCut_GivesTheSameVerdict() => Gen.Select(Requests, Gen.Int[1, 7]).Sample((input, step) =>
    {
        Assert.Equal(ReadRequest(input, input.Length), ReadRequest(input, step));
    });

    [Fact]
    public void ResponseHead_AnyCut_GivesTheSameVerdict() => Gen.Select(Requests, Gen.Int[1, 7]).Sample((input, step) =>
    {
        byte[] response = [.. "HTTP/1.1 200 OK\r\n"u8, .. input];
        Assert.Equal(ReadResponse(response, response.Length), ReadResponse(response, step));
    });

    [Fact]
    public void ChunkedReader_AnyCut_GivesTheSameDataAndEnd() => Gen.Select(Chunked, Gen.Int[1, 5]).Sample((input, step) =>
    {
        Assert.Equal(ReadChunked(input, input.Length), ReadChunked(input, step));
    });

    [Fact]
    public void ChunkedReader_Validated_IsWhatWasDecoded() => Chunked.Sample(input =>
    {
        var validating = default(ChunkedReader);
        string decoded = ReadChunked(input, input.Length);
        ReadStatus status = validating.Validate(input, Http1Limits.Default, out int length);
        Assert.StartsWith($"{status} {validating.Error} {length} ", decoded, StringComparison.Ordinal);
    });

    [Fact]
    public void Http2Frames_AnyCut_GiveTheSameFrames() => Gen.Select(Gen.Byte[0, 9], Gen.Byte, Gen.Byte[0, 3], Gen.Byte.Array[0, 12]).Array[1, 4].Sample(frames =>
    {
        byte[] input = [.. frames.SelectMany(f => (byte[])[0, 0, (byte)f.Item4.Length, f.Item1, f.Item2, 0, 0, 0, f.Item3, .. f.Item4])];
        for (int cut = 0; cut <= input.Length; cut++)
        {
            ReadOnlySpan<byte> whole = input;
            ReadOnlySpan<byte> part = input.AsSpan(0, cut);
            while (!whole.IsEmpty)
            {
                ReadStatus status = Http2FrameReader.TryRead(ref whole, 64, out Http2Frame frame, out Http2ErrorCode error, out _);
                ReadStatus cutStatus = Http2FrameReader.TryRead(ref part, 64, out Http2Frame same, out Http2ErrorCode sameError, out _);
                if (cutStatus is ReadStatus.NeedMore || status is not ReadStatus.Done)
                {
                    Assert.True(cutStatus is ReadStatus.NeedMore || (cutStatus == status && error == sameError));
                    break;
                }

                Assert.Equal((frame.Type, frame.StreamId, Convert.ToHexString(frame.Content)), (same.Type, same.StreamId, Convert.ToHexString(same.Content)));
            }
        }
    });

    [Fact]
    public void Huffman_AnyText_ComesBack() => Gen.Byte.Array[0, 200].Sample(text =>
    {
        byte[] encoded = new byte[HuffmanCode.EncodedLength(text)];
        HuffmanCode.Encode(text, encoded);
        byte[] decoded = new byte[text.Length];
        Assert.True(HuffmanCode.TryDecode(encoded, decoded, out int written));
        Assert.Equal(text, decoded[..written]);
    });

    private static Gen<string> Pick(params string[] texts) => Gen.Int[0, texts.Length - 1].Select(i => texts[i]);

    private static string ReadRequest(byte[] input, int step)
    {
        var head = new RequestHead();
        ReadStatus status = ReadStatus.NeedMore;
        for (int have = 0; status is ReadStatus.NeedMore && have < input.Length;)
        {
            have = Math.Min(have + step, input.Length);
            status = head.Read(input.AsSpan(0, have), Http1Limits.Default);
        }

        return $"{status} {head.Error} {head.Length} {head.Framing} {head.ContentLength} {head.KeepAlive} {head.Upgrade} {head.ExpectsContinue} "
            + string.Join('|', Enumerable.Range(0, head.Fields.Count).Select(i => $"{head.Fields[i]} {head.Fields.IsDropped(i)}"));
    }

    private static string ReadResponse(byte[] input, int step)
    {
        var head = new ResponseHead();
        ReadStatus status = ReadStatus.NeedMore;
        for (int have = 0; status is ReadStatus.NeedMore && have < input.Length;)
        {
            have = Math.Min(have + step, input.Length);
            status = head.Read(input.AsSpan(0, have), Http1Limits.Default, HttpMethod.Get);
        }

        return $"{status} {head.Error} {head.Length} {head.Status} {head.Framing} {head.ContentLength} {head.KeepAlive} {head.Fields.Count}";
    }

    /// <summary>The verdict, how far it came, and the data.</summary>
    private static string ReadChunked(byte[] input, int step)
    {
        var reader = default(ChunkedReader);
        var data = new StringBuilder();
        ReadStatus status = ReadStatus.NeedMore;
        int at = 0;
        for (int have = 0; status is ReadStatus.NeedMore && have < input.Length;)
        {
            have = Math.Min(have + step, input.Length);
            ChunkedPiece piece;
            do
            {
                ReadOnlySpan<byte> rest = input.AsSpan(at, have - at);
                status = reader.Next(rest, Http1Limits.Default, out int consumed, out piece);
                data.Append(piece.Kind is ChunkedPieceKind.None ? string.Empty : Encoding.Latin1.GetString(piece.Range.In(rest)));
                at += consumed;
            }
            while (status is ReadStatus.NeedMore && piece.Kind is not ChunkedPieceKind.None);
        }

        return $"{status} {reader.Error} {at} {data}";
    }
}
