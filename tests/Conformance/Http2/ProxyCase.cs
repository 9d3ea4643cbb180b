using static Weft.Conformance.Http2.Http2Wire;

namespace Weft.Conformance.Http2;

/// <summary>What a peer must see.</summary>
internal enum Verdict
{
    /// <summary>A whole answer on the stream.</summary>
    Answer,

    /// <summary>RST_STREAM with one of the codes; the harsher GOAWAY is allowed as well (RFC 9113 §5.4.2).</summary>
    StreamError,

    /// <summary>GOAWAY with one of the codes, then the end.</summary>
    ConnectionError,

    /// <summary>Nothing: a PING behind it is answered.</summary>
    Alive,
}

/// <summary>Where a client comes in.</summary>
public enum ProxyPort
{
    /// <summary>HTTP/2 by prior knowledge.</summary>
    Plain,

    /// <summary>HTTP/2 by ALPN.</summary>
    Tls,
}

/// <summary>Frames that a client sends behind its preface, and what must follow.</summary>
public sealed record ProxyCase
{
    internal const int ProtocolError = 1, FlowControl = 3, StreamClosed = 5, FrameSize = 6, Refused = 7, Compression = 9, Calm = 11;

    private ProxyCase(string section, string name, string frames, Verdict verdict, int stream, int[] codes) =>
        (Section, Name, Frames, Verdict, Stream, Codes) = (section, name, frames, verdict, stream, codes);

    internal string Section { get; }

    internal string Name { get; }

    internal string Frames { get; }

    internal Verdict Verdict { get; }

    internal int Stream { get; }

    internal int[] Codes { get; }

    public override string ToString() => $"{Section} {Name} => {Verdict}";

    internal static ProxyCase Answers(string section, string name, string frames, int stream = 1) => new(section, name, frames, Verdict.Answer, stream, []);

    internal static ProxyCase Resets(string section, string name, string frames, params int[] codes) => new(section, name, frames, Verdict.StreamError, 1, codes);

    internal static ProxyCase Ends(string section, string name, string frames, params int[] codes) => new(section, name, frames, Verdict.ConnectionError, 0, codes);

    internal static ProxyCase Alive(string section, string name, string frames) => new(section, name, frames, Verdict.Alive, 0, []);

    /// <summary>A whole request without content on stream 1.</summary>
    internal static string Head(string block, int flags = 5, int stream = 1) => Frame(1, flags, stream, block);

    /// <summary>name: value, both literal, no index.</summary>
    internal static string Field(string name, string value) => $"00{name.Length:X2}{Hex(name)}{value.Length:X2}{Hex(value)}";

    private static string Hex(string text) => Convert.ToHexString(System.Text.Encoding.Latin1.GetBytes(text));

    internal async Task CheckAsync(int port, bool overTls)
    {
        using Http2Wire wire = await ConnectAsync(port, overTls);
        await wire.GreetAsync();
        await wire.SendHexAsync(Frames + (Verdict is Verdict.Alive ? Frame(6, 0, 0, "5745465400000001") : ""));
        SeenFrame? seen = await wire.ReadUntilAsync(f => f.Type == SeenFrame.GoAway || Verdict switch
        {
            Verdict.Answer => f.StreamId == Stream && (f.EndsStream || f.Type == SeenFrame.Reset),
            Verdict.StreamError => f.StreamId == Stream && f.Type == SeenFrame.Reset,
            Verdict.Alive => f.Type == SeenFrame.Ping && f.IsAck && f.Payload[^1] == 1,
            _ => false,
        });
        switch (Verdict)
        {
            case Verdict.Answer:
                Assert.True(seen is { EndsStream: true }, $"{seen}");
                break;
            case Verdict.Alive:
                Assert.Equal(SeenFrame.Ping, seen?.Type);
                break;
            default:
                Assert.NotNull(seen);
                Assert.True(Codes.Contains(seen.Code), $"{seen} code {seen.Code}");
                Assert.True(seen.Type == SeenFrame.Reset || await wire.ReadUntilAsync(_ => false) is null);
                break;
        }
    }
}
