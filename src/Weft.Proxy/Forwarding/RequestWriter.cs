using Weft.Http;
using Weft.Wire;
using Weft.Wire.Http1;
using HttpMethod = Weft.Wire.Http1.HttpMethod;

namespace Weft.Proxy.Forwarding;

/// <summary>The request's head for one attempt: what came and was not dropped, what our side added, and who is told more.</summary>
internal static class RequestWriter
{
    /// <summary>For an application behind a peer that is asked to switch protocols by one who speaks HTTP/2 and so has no key (RFC 6455 §4.1).</summary>
    private const int WebSocketKeyBytes = 16;

    internal static void Write(Exchange x, UpstreamChoice choice, HttpClientStream to)
    {
        HttpServerStream client = x.Client;
        RequestHead request = client.Request;
        if (choice.IsPeer)
        {
            WritePeerLines(x.PeerLines, x.Loop, choice, x.Version);
        }

        to.WriteHead(new OutgoingRequest
        {
            Method = request.Method.In(client.Head),
            MethodKind = request.MethodKind,
            Path = request.MethodKind is HttpMethod.Connect ? client.Target.Authority : x.Path.Length > 0 ? x.Path.Bytes : client.Target.Path,
            QueryWithMark = client.Target.QueryWithMark,
            Authority = Authority(x, choice),
            IsHttps = client.Target.IsHttps,
            Head = client.Head,
            Fields = request.Fields,
            Lines = x.Lines.Bytes,
            MoreLines = choice.IsPeer ? x.PeerLines.Bytes : default,
            Framing = request.Framing,
            AcceptsTrailers = request.AcceptsTrailers,
            Upgrade = UpgradeOf(client),
        });
    }

    /// <summary>A name of what the request wants to switch to, never h2c (RFC 9113 §3.1 dropped it; behind us it would tunnel past policy).</summary>
    internal static ReadOnlySpan<byte> UpgradeOf(HttpServerStream client) => client.Request.UpgradeProtocol.In(client.Head);

    /// <summary>RFC 6455 §4.1: whoever asks in HTTP/1 brings a key; a client that asked in HTTP/2 had none to bring.</summary>
    internal static void EnsureWebSocketKey(Exchange x)
    {
        HttpServerStream client = x.Client;
        bool lacksKey = client.Request is { Upgrade: UpgradeKind.WebSocket, Version: MessageVersion.Http20 }
            && client.Request.Fields.Find("sec-websocket-key"u8, client.Head) < 0;
        if (!lacksKey)
        {
            return;
        }

        Span<byte> key = stackalloc byte[WebSocketKeyBytes];
        x.Loop.Random.NextBytes(key);
        Span<byte> text = stackalloc byte[24];
        _ = System.Buffers.Text.Base64.EncodeToUtf8(key, text, out _, out int written);
        x.Lines.Field("sec-websocket-key"u8, text[..written]);
    }

    internal static void WritePeerLines(LineBuffer lines, ProxyLoop loop, UpstreamChoice choice, MessageVersion version)
    {
        lines.Clear();
        lines.Field(PeerFields.Port, choice.TargetPortUtf8);
        lines.Field(PeerFields.Version, PeerFields.VersionText(version));
        if (!loop.SourceField.IsEmpty)
        {
            lines.Field(PeerFields.Source, loop.SourceField);
        }
    }

    private static ReadOnlySpan<byte> Authority(Exchange x, UpstreamChoice choice)
    {
        if (x.Decision.Authority is { } rewritten)
        {
            return rewritten.Span;
        }

        bool fromEndpoint = x.Decision.AuthorityFromEndpoint || x.Client.Target.Authority.IsEmpty; // HTTP/1.0 may name nobody
        return fromEndpoint && choice.Authority is { } endpoint ? endpoint.Span : x.Client.Target.Authority;
    }
}
