using System.Text;
using Weft.Wire.Http2;

namespace Weft.Unit.Wire;

public sealed class HpackTests
{
    private const int ListBytesMax = 64 << 10;

    /// <summary>RFC 7541 Appendix C: blocks of one connection in order, and the fields in them.</summary>
    public static TheoryData<string, string[], string[]> Examples => new()
    {
        {
            "C.3 requests without Huffman",
            [
                "828684410f7777772e6578616d706c652e636f6d",
                "828684be58086e6f2d6361636865",
                "828785bf400a637573746f6d2d6b65790c637573746f6d2d76616c7565",
            ],
            [
                ":method: GET|:scheme: http|:path: /|:authority: www.example.com",
                ":method: GET|:scheme: http|:path: /|:authority: www.example.com|cache-control: no-cache",
                ":method: GET|:scheme: https|:path: /index.html|:authority: www.example.com|custom-key: custom-value",
            ]
        },
        {
            "C.4 requests with Huffman",
            [
                "828684418cf1e3c2e5f23a6ba0ab90f4ff",
                "828684be5886a8eb10649cbf",
                "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
            ],
            [
                ":method: GET|:scheme: http|:path: /|:authority: www.example.com",
                ":method: GET|:scheme: http|:path: /|:authority: www.example.com|cache-control: no-cache",
                ":method: GET|:scheme: https|:path: /index.html|:authority: www.example.com|custom-key: custom-value",
            ]
        },
        {
            "C.6 responses with Huffman and eviction (table of 256 bytes)",
            [
                "3fe1014882 6402 5885aec3771a4b 6196d07abe941054d444a8200595040b8166e082a62d1bff 6e919d29ad171863c78f0b97c8e9ae82ae43d3",
                "4883640effc1c0bf",
                "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab270fb5291f9587316065c003ed4ee5b1063d5007",
            ],
            [
                ":status: 302|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com",
                ":status: 307|cache-control: private|date: Mon, 21 Oct 2013 20:13:21 GMT|location: https://www.example.com",
                ":status: 200|cache-control: private|date: Mon, 21 Oct 2013 20:13:22 GMT|location: https://www.example.com|content-encoding: gzip|"
                    + "set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1",
            ]
        },
    };

    [Theory]
    [MemberData(nameof(Examples))]
    public void Decoder_ExamplesOfTheRfc_GiveItsFields(string name, string[] blocks, string[] fields)
    {
        var decoder = new HpackDecoder();
        var list = new HeaderList();
        for (int i = 0; i < blocks.Length; i++)
        {
            list.Clear();
            Assert.True(decoder.TryDecode(Convert.FromHexString(blocks[i].Replace(" ", "")), list, ListBytesMax), name);
            Assert.Equal(fields[i], Text(list));
        }
    }

    [Theory]
    [InlineData("80", "index 0 (§6.1)")]
    [InlineData("be", "index 62 of an empty dynamic table (§2.3.3)")]
    [InlineData("ffffffffff0f", "index beyond an int (§5.1)")]
    [InlineData("ff8080808080808000", "integer that never ends (§5.1)")]
    [InlineData("0005617574", "name cut off (§5.2)")]
    [InlineData("000161", "value missing (§6.2.2)")]
    [InlineData("00016183ffffff", "Huffman text of EOS bits only (§5.2)")]
    [InlineData("0001618118", "Huffman padding of zeros (§5.2)")]
    [InlineData("00016182" + "1fff", "Huffman padding longer than 7 bits (§5.2)")]
    [InlineData("3fe21f", "table size 4097 when 4096 is allowed (§6.3)")]
    [InlineData("8220", "table size update behind a field (§4.2)")]
    public void Decoder_BrokenBlock_IsRefused(string block, string why) =>
        Assert.False(new HpackDecoder().TryDecode(Convert.FromHexString(block), new HeaderList(), ListBytesMax), why);

    [Fact]
    public void Decoder_ListOverLimit_KeepsTableInStep()
    {
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder();
        byte[] output = new byte[4096];
        int written = encoder.Write(output, "x-a"u8, new byte[500].Select(_ => (byte)'a').ToArray());
        written += encoder.Write(output.AsSpan(written), "x-b"u8, "second"u8);
        var list = new HeaderList();
        Assert.True(decoder.TryDecode(output.AsSpan(0, written), list, listBytesMax: 100));
        Assert.True(list.IsTooLarge);
        Assert.Equal(0, list.Count);

        written = encoder.Write(output, "x-b"u8, "second"u8);
        Assert.Equal(1, written);
        list.Clear();
        Assert.True(decoder.TryDecode(output.AsSpan(0, written), list, ListBytesMax));
        Assert.Equal("x-b: second", Text(list));
    }

    [Theory]
    [InlineData("authorization", "Bearer abc")]
    [InlineData("cookie", "session=1")]
    [InlineData("set-cookie", "session=1")]
    public void Encoder_Credential_IsNeverIndexed(string name, string value)
    {
        var encoder = new HpackEncoder();
        byte[] output = new byte[256];
        int first = encoder.Write(output, Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
        int second = encoder.Write(output, Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
        Assert.Equal(first, second);
        Assert.Equal(0x10, output[0] & 0xF0);
        var list = new HeaderList();
        Assert.True(new HpackDecoder().TryDecode(output.AsSpan(0, second), list, ListBytesMax));
        Assert.True(list.IsNeverIndexed(0));
    }

    [Fact]
    public void EncoderAndDecoder_ThousandsOfFieldsAndResizes_Agree()
    {
        var random = new Random(7541);
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder();
        var list = new HeaderList();
        byte[] output = new byte[1 << 16];
        for (int block = 0; block < 500; block++)
        {
            if (random.Next(20) == 0)
            {
                encoder.SetTableSize(random.Next(0, 5000));
            }

            int written = encoder.Begin(output);
            var expected = new List<string>();
            for (int i = random.Next(12); i >= 0; i--)
            {
                string name = $"x-{random.Next(40)}";
                string value = new((char)random.Next(32, 127), random.Next(0, 90));
                expected.Add($"{name}: {value}");
                written += encoder.Write(output.AsSpan(written), Encoding.ASCII.GetBytes(name), Encoding.ASCII.GetBytes(value));
            }

            list.Clear();
            Assert.True(decoder.TryDecode(output.AsSpan(0, written), list, ListBytesMax));
            Assert.Equal(string.Join('|', expected), Text(list));
        }
    }

    [Fact]
    public void EncoderAndDecoder_Warm_AllocateNothing()
    {
        var encoder = new HpackEncoder();
        var decoder = new HpackDecoder();
        var list = new HeaderList();
        byte[] output = new byte[1024];
        Round();
        Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Round();
        }

        Assert.Equal(0L, GC.GetAllocatedBytesForCurrentThread() - before);

        void Round()
        {
            list.Clear();
            int written = encoder.Write(output, ":path"u8, "/reviews/1"u8);
            written += encoder.Write(output.AsSpan(written), "user-agent"u8, "test"u8);
            written += encoder.Write(output.AsSpan(written), "authorization"u8, "Bearer abc"u8);
            Assert.True(decoder.TryDecode(output.AsSpan(0, written), list, ListBytesMax));
        }
    }

    private static string Text(HeaderList list) =>
        string.Join('|', Enumerable.Range(0, list.Count).Select(i => $"{Encoding.ASCII.GetString(list.Name(i))}: {Encoding.ASCII.GetString(list.Value(i))}"));
}
