using Weft.Wire;
using Weft.Wire.Dns;
using Weft.Wire.Grpc;
using Weft.Wire.Http1;
using Weft.Wire.Http2;
using Weft.Wire.ProxyProtocol;
using Weft.Wire.Tls;
using Weft.Dialects.Reading;
using Weft.Identity;
using Weft.Primitives.Expressions;
using Weft.Proxy.Pod;
using Weft.Telemetry.Tracing;
using Weft.Transport;
using Weft.Transport.Tls;
using HttpMethod = Weft.Wire.Http1.HttpMethod;

namespace Weft.Property.Fuzz;

/// <summary>One static method per parser; only documented outcomes may come out of it, whatever goes in.</summary>
public static class FuzzTargets
{
    /// <summary>Name, target, and seeds that reach its branches.</summary>
    public static readonly IReadOnlyDictionary<string, (Action<byte[]> Run, byte[][] Seeds)> All = new Dictionary<string, (Action<byte[]>, byte[][])>
    {
        ["request-head"] = (RequestHead, Texts("GET /a/../%62?c HTTP/1.1\r\nHost: a:1\r\nConnection: x, close\r\nX: y\r\nContent-Length: 5\r\n\r\n", "POST http://a/ HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")),
        ["response-head"] = (ResponseHead, Texts("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n", "HTTP/1.0 101 X\r\nConnection: upgrade\r\n\r\n")),
        ["sniffer"] = (Sniffer, Texts("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\n", "\u0016\u0003\u0001", new string('A', 32) + " /")),
        ["chunked"] = (Chunked, Texts("5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n", "ffff\r\n")),
        ["path"] = (Path, Texts("/a/./b/../%2e%2E\\c%20d", "//..//%41")),
        ["http2-frame"] = (Http2Frame, [Convert.FromHexString("00000401050000000182848641" + "000008060000000000" + "0102030405060708"), Convert.FromHexString("0000050008000000010141424300")]),
        ["hpack"] = (Hpack, [Convert.FromHexString("828684418cf1e3c2e5f23a6ba0ab90f4ff"), Convert.FromHexString("3fe101488264025885aec3771a4b"), Convert.FromHexString("400a637573746f6d2d6b65790c637573746f6d2d76616c7565")]),
        ["downgrade"] = (Downgrade, [Convert.FromHexString("828604062F68656C6C6F010161"), Convert.FromHexString("0207434F4E4E454354" + "86" + "84" + "010161" + "00093A70726F746F636F6C" + "09776562736F636B6574"), Convert.FromHexString("8386" + "04052F6563686F" + "010161" + "0006636F6F6B69650161" + "0006636F6F6B69650162")]),
        ["huffman"] = (Huffman, [Convert.FromHexString("f1e3c2e5f23a6ba0ab90f4ff")]),
        ["grpc-message"] = (GrpcMessage, [[0, 0, 0, 0, 3, 1, 2, 3], [1, 0, 0, 0, 0]]),
        ["proxy-header"] = (ProxyHeader, [.. Texts("PROXY TCP4 192.0.2.1 198.51.100.7 56324 443\r\n", "PROXY TCP6 ::1 2001:db8::1 1 2\r\n"), Convert.FromHexString("0D0A0D0A000D0A515549540A2111000CC0000201C6336407DC0401BB")]),
        ["client-hello"] = (ClientHelloTarget, [Convert.FromHexString("16030100420100003e0303" + new string('0', 64) + "000002130101000013" + "0000000a0008000005612e636f6d" + "002b0003020304")]),
        ["http2-settings"] = (Http2Settings, [Convert.FromHexString("000300000064000400010000000500004000")]),
        ["tls-records"] = (TlsRecordTarget, [Convert.FromHexString("0661626317000000" + "06180000010116" + "0d0400000400010203040000010016" + "0301001501"), Convert.FromHexString("0217" + "0716")]),
        ["traceparent"] = (TraceParent, Texts("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01", "cc-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-x")),
        ["b3"] = (B3, Texts("80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90", "64fe8b2a57d3eff7-e457b5a2e4d86bd1-d")),
        ["re2"] = (Re2Pattern, Texts("^/a(b|c)*[^d-f\\d]{2,5}?$", "(?i:x)\\pL\\x{10FFFF}[[:alpha:]]", "a**")),
        ["yaml"] = (Yaml, Texts("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: a}\ndata:\n  a: |\n    b\n---\nkind: x\n", "a: &x [1, 'b', \"c\\u0041\"]\nb: *x\n<<: {c: ~}\n", "{\"kind\": \"List\", \"items\": [1, {}]}")),
        ["dns"] = (Dns, [Convert.FromHexString("12340100000100000000000007726576696577730764656661756C740000010001")]),
        ["dns-reply"] = (DnsReplyTarget, DnsReplies),
        ["resolv-conf"] = (ResolvConf, Texts("# c\nnameserver 10.0.0.1\nnameserver fe80::1%lo\nsearch a.test b.test.\ndomain c\noptions ndots:5 timeout:1 attempts:9 rotate use-vc\n; x\n")),
        ["hosts"] = (Hosts, Texts("127.0.0.1 localhost\n::1\tlocalhost ip6-localhost # c\n10.0.0.1 a.b. a\n1 b\n")),
        ["jwt"] = (JwtTargets.Token, JwtTargets.Tokens),
        ["jwt-claims"] = (JwtTargets.Claims, Texts("{\"iss\":\"i\",\"sub\":\"s\",\"aud\":[\"a\",\"b\"],\"exp\":1.5e3,\"nbf\":-1,\"scope\":\"r w\",\"x\":{\"y\":[true,{\"z\":\"\\ud83d\\ude00\"}]}}", "{\"exp\":1e400,\"iss\":\"\\ud800\"}")),
        ["jwks"] = (JwtTargets.Keys, Texts(JwtTargets.KeySet, "[]", "{\"keys\":[1,{\"kty\":\"oct\",\"k\":\"AAAA\"},{\"kty\":\"EC\",\"crv\":\"P-521\",\"x\":\"AA\",\"y\":\"\"}]}")),
        ["pod-message"] = (PodMessageTarget, [[1, 2, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 65, 66]]),
        ["supervisor-line"] = (SupervisorCommandTarget, Texts("{\"command\":\"drain\"}", "{\"command\":\"signal\",\"number\":15}")),
        ["san"] = (SubjectNames, [Convert.FromHexString("301E861C" + "7370696666653A2F2F612F6E732F622F73612F6300000000000000000000"[..56]), Convert.FromHexString("300782056C6F63616C")]),
        ["spiffe-id"] = (SpiffeIdTarget, Texts("spiffe://weft.local/ns/default/sa/web")),
    };

    private static readonly byte[] s_asked = new byte[DnsName.WireBytesMax];

    /// <summary>An alias with its address, a "no such name" with its SOA, and one that points at itself.</summary>
    private static byte[][] DnsReplies => [.. new[]
    {
        "12348180000100020000000003777777076578616D706C6503636F6D0000010001" + "C00C000500010000003C0004016EC010" + "C02D000100010000001E0004C0000201",
        "12348183000100000001000003777777076578616D706C6503636F6D0000010001" + "C010000600010000000A001D" + "026E73C010" + "0161C010" + "0000000100000002000000030000000400000005",
        "12348180000100010000000003777777076578616D706C6503636F6D00001C0001" + "C021001C0001000000000010" + "20010DB8000000000000000000000001",
        "123483800001000000000000" + "03777777076578616D706C6503636F6D0000010001",
    }.Select(Convert.FromHexString)];

    public static void Http2Settings(byte[] input)
    {
        byte[] frame = [(byte)(input.Length >> 16), (byte)(input.Length >> 8), (byte)input.Length, 4, 0, 0, 0, 0, 0, .. input];
        ReadOnlySpan<byte> rest = frame;
        if (Http2FrameReader.TryRead(ref rest, 1 << 14, out Http2Frame settings, out _, out _) is ReadStatus.Done)
        {
            for (int i = 0; i < settings.SettingsCount; i++)
            {
                _ = settings.Setting(i).Check();
            }
        }
    }

    /// <summary>Pieces (a length, then so many bytes) are what a peer has sealed into its records.</summary>
    public static unsafe void TlsRecordTarget(byte[] input)
    {
        Assert.True(TlsSuite.TryFind(0x1301, out TlsSuite suite));
        byte[] secret = new byte[32];
        byte[] output = new byte[TlsRecords.SealedBytesMax];
        using var scratch = new TlsScratch();
        using TlsRecords client = TlsRecords.ForTest(suite, secret, secret, isServer: false), server = TlsRecords.ForTest(suite, secret, secret, isServer: true);
        var keys = default(TlsTrafficKeys);
        keys.Start(suite, secret, 0, seals: true);
        for (int at = 0; at + 1 < input.Length;)
        {
            int count = Math.Min(1 + input[at], input.Length - at - 1);
            ReadOnlySpan<byte> inner = input.AsSpan(at + 1, count);
            at += 1 + count;
            byte[] record = [0x17, 3, 3, 0, 0, .. new byte[count + TlsTrafficKeys.TagBytes]];
            System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(record.AsSpan(3), (ushort)(count + TlsTrafficKeys.TagBytes));
            fixed (byte* start = record, to = output)
            {
                Assert.True(keys.Seal(start, TlsRecords.HeaderBytes, inner[..^1], inner[^1], start + TlsRecords.HeaderBytes));
                bool isOver = false;
                foreach (TlsRecords end in new[] { client, server })
                {
                    TlsRecord kind = end.Open(start, record.Length, to, scratch.Current, out int content);
                    Assert.True(kind is TlsRecord.Data ? content > 0 && content < count : content == 0);
                    Assert.Equal(kind is TlsRecord.Failed, end.Error is not null);
                    isOver |= kind is TlsRecord.Failed or TlsRecord.CloseNotify;
                }

                if (isOver || inner.IndexOf((byte)24) >= 0)
                {
                    break; // the sealing keys here do not follow an update
                }
            }
        }

        keys.Free();
    }

    public static void TraceParent(byte[] input) => Assert.True(!TraceHeaders.TryReadW3C(input, out SpanContext caller) || caller.IsValid);

    public static void B3(byte[] input) => Assert.True(!TraceHeaders.TryReadB3Single(input, out SpanContext caller) || caller.IsValid);

    public static void Re2Pattern(byte[] input)
    {
        if (Re2.TryParse(System.Text.Encoding.UTF8.GetString(input), out Re2? regex, out string? error))
        {
            _ = regex.IsMatch(input);
            _ = regex.IsMatch("/ab/c"u8);
        }
        else
        {
            Assert.NotEmpty(error);
        }
    }

    public static void Yaml(byte[] input) => Assert.All(ResourceReader.ReadText(System.Text.Encoding.UTF8.GetString(input)).Problems, p => Assert.NotEmpty(p.Message));

    public static void Dns(byte[] input)
    {
        if (DnsQuestion.TryRead(input, out DnsQuestion question))
        {
            Assert.InRange(question.EndsAt, 1, input.Length);
            Assert.NotEmpty(DnsAnswer.Write(input, question, DnsCode.NoError, new DnsAddresses([System.Net.IPAddress.Loopback], 5), DnsAnswer.UdpBytesMax));
        }
        else if (input.Length > 0)
        {
            _ = DnsAnswer.Malformed(input);
        }
    }

    public static void DnsReplyTarget(byte[] input)
    {
        Assert.True(DnsName.TryEncode("www.example.com", s_asked, out int length));
        foreach (ushort type in (ushort[])[DnsType.A, DnsType.Aaaa])
        {
            if (!DnsReplyReader.TryRead(input, 0x1234, s_asked.AsSpan(0, length), type, out DnsReply reply))
            {
                continue;
            }

            Assert.InRange(reply.Addresses.Length, 0, DnsReplyReader.AddressesMax);
            Assert.True(reply.Addresses.IsEmpty || (reply is { IsDefinite: true, IsTruncated: false } && reply.TtlSeconds <= int.MaxValue));
            for (int cut = 0; cut < input.Length; cut += 1 + (input.Length / 7))
            {
                // Half an answer is none, or says itself that it is cut.
                Assert.True(!DnsReplyReader.TryRead(input.AsSpan(0, cut), 0x1234, s_asked.AsSpan(0, length), type, out DnsReply part) || part.Addresses.IsEmpty || part.Addresses.Length <= reply.Addresses.Length);
            }
        }
    }

    public static void ResolvConf(byte[] input)
    {
        ResolverConfig config = ResolverConfigReader.Read(input);
        Assert.InRange(config.Servers.Length, 1, ResolverConfig.ServersMax);
        Assert.InRange(config.Search.Length, 0, ResolverConfig.SearchMax);
        Assert.InRange(config.Ndots, 0, ResolverConfig.NdotsMax);
        Assert.InRange(config.TimeoutSeconds, 1, ResolverConfig.TimeoutSecondsMax);
        Assert.InRange(config.Attempts, 1, ResolverConfig.AttemptsMax);
    }

    public static void Hosts(byte[] input) => Assert.InRange(HostsFile.Read(input).Count, 0, input.Length);

    public static void PodMessageTarget(byte[] input) => _ = PodMessage.TryRead(input, out _);

    public static void SupervisorCommandTarget(byte[] input) => _ = SupervisorLine.TryParse(System.Text.Encoding.UTF8.GetString(input), out _);

    public static void SubjectNames(byte[] input) => _ = SpiffeCertificate.TryReadUri(input, out _);

    public static void SpiffeIdTarget(byte[] input) => Assert.True(!Weft.Primitives.SpiffeId.TryParse(System.Text.Encoding.UTF8.GetString(input), out Weft.Primitives.SpiffeId? id) || id.Text.Length > 0);

    public static void RequestHead(byte[] input)
    {
        var head = new RequestHead();
        if (head.Read(input, Http1Limits.Default) is ReadStatus.Done)
        {
            _ = new CanonicalRequest().TrySet(head, input, isHttps: false, out _);
        }
    }

    public static void ResponseHead(byte[] input) => new ResponseHead().Read(input, Http1Limits.Default, HttpMethod.Get);

    public static void Chunked(byte[] input)
    {
        var reader = default(ChunkedReader);
        ReadStatus status = reader.Validate(input, Http1Limits.Default, out int length);
        Assert.True(length <= input.Length && (status is ReadStatus.Done) == reader.IsEnded);
    }

    /// <summary>What was said of the front of it holds for all of it.</summary>
    public static void Sniffer(byte[] input)
    {
        SniffedProtocol whole = ProtocolSniffer.Sniff(input);
        for (int cut = 1; cut < Math.Min(input.Length, 64); cut++)
        {
            SniffedProtocol part = ProtocolSniffer.Sniff(input.AsSpan(0, cut));
            Assert.True(part is SniffedProtocol.NeedMore || part == whole, $"{part} of {cut} bytes, {whole} of all");
        }
    }

    public static void Path(byte[] input)
    {
        byte[] output = new byte[input.Length + 2];
        byte[] path = [(byte)'/', .. input];
        Assert.True(!PathRule.TryNormalize(path, output, out int length) || (length <= path.Length && output[0] == '/'));
    }

    public static void Http2Frame(byte[] input)
    {
        ReadOnlySpan<byte> rest = input;
        while (Http2FrameReader.TryRead(ref rest, 1 << 14, out Http2Frame frame, out _, out _) is ReadStatus.Done)
        {
            Assert.True(frame.Content.Length <= frame.PayloadLength);
        }
    }

    public static void Hpack(byte[] input)
    {
        var list = new HeaderList();
        _ = new HpackDecoder().TryDecode(input, list, 4096);
        _ = Http2Head.ReadRequest(list, out _);
        _ = Http2Head.ReadResponse(list, out _);
        _ = Http2Head.CheckTrailers(list);
    }

    /// <summary>Whatever head HTTP/2 may have, in HTTP/1 it is one head, and all of it.</summary>
    public static void Downgrade(byte[] input)
    {
        var list = new HeaderList();
        var request = new RequestHead();
        var target = new CanonicalRequest();
        if (!new HpackDecoder().TryDecode(input, list, 4096) || list.IsTooLarge || Http2Head.ReadRequest(list, out Http2Head head) is not Http2HeadError.None)
        {
            return;
        }

        request.Take(list, head, isEnd: true);
        if (request.Error is not Http1Error.None || request.MethodKind is HttpMethod.Connect || !target.TrySet(request, list.Bytes, isHttps: false, out _))
        {
            return;
        }

        byte[] output = new byte[(list.Bytes.Length * 2) + 1024];
        var writer = new HeadWriter(output);
        writer.RequestLine(request.Method.In(list.Bytes), target.Path, target.QueryWithMark);
        request.Fields.Drop(KnownHeader.Host);
        writer.Field("host"u8, target.Authority);
        writer.CopyFields(list.Bytes, request.Fields);
        writer.Field("connection"u8, "upgrade"u8);
        writer.Field("upgrade"u8, request.UpgradeProtocol.In(list.Bytes));
        Assert.True(writer.TryEnd(out int written));
        var again = new RequestHead();
        Assert.Equal(ReadStatus.Done, again.Read(output.AsSpan(0, written), Http1Limits.Default with { FieldsMax = 4096 }));
        Assert.Equal(written, again.Length);
    }

    public static void Huffman(byte[] input)
    {
        byte[] output = new byte[input.Length * 2];
        Assert.True(!HuffmanCode.TryDecode(input, output, out int written) || HuffmanCode.EncodedLength(output.AsSpan(0, written)) == input.Length);
    }

    public static void GrpcMessage(byte[] input)
    {
        ReadOnlySpan<byte> rest = input;
        while (GrpcMessageReader.TryRead(ref rest, 1 << 20, out ReadOnlySpan<byte> message, out _) is ReadStatus.Done)
        {
            Assert.True(message.Length <= input.Length);
        }
    }

    public static void ProxyHeader(byte[] input)
    {
        ReadOnlySpan<byte> rest = input;
        ReadStatus status = ProxyHeaderReader.TryRead(ref rest, out ProxyHeader header);
        Assert.True(status is ReadStatus.Done || rest.Length == input.Length);
        AnyCut(input, status, static part => { ReadOnlySpan<byte> cut = part; return ProxyHeaderReader.TryRead(ref cut, out _); });
        _ = header.Source.ToEndPoint();
    }

    public static void ClientHelloTarget(byte[] input)
    {
        byte[] scratch = new byte[ClientHello.BytesMax];
        ReadStatus status = ClientHello.TryRead(input, scratch, out ClientHello hello);
        Assert.True(status is not ReadStatus.Done || !hello.Offers("weft/1"u8));
        AnyCut(input, status, static part => ClientHello.TryRead(part, new byte[ClientHello.BytesMax], out _));
    }

    /// <summary>However much has arrived, a reader either wants more or takes what it takes of the whole, and refuses what it refuses of it.</summary>
    private static void AnyCut(byte[] input, ReadStatus whole, Func<byte[], ReadStatus> read)
    {
        for (int cut = input.Length / 3; cut < input.Length; cut += (input.Length / 3) + 1)
        {
            ReadStatus part = read(input[..cut]);
            Assert.True(part is ReadStatus.NeedMore || (part is ReadStatus.Done) == (whole is ReadStatus.Done), $"{part} of {cut} bytes, {whole} of all");
        }
    }

    private static byte[][] Texts(params string[] texts) => [.. texts.Select(System.Text.Encoding.Latin1.GetBytes)];
}
