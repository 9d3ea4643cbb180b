using Weft.Http.Http1;
using Weft.Transport;
using Weft.Wire.Http1;
using HttpMethod = Weft.Wire.Http1.HttpMethod;

namespace Weft.Proxy.Forwarding;

/// <summary>Writes the request's head for one attempt: what came and was not dropped, what our side added, and the framing.</summary>
internal static class RequestWriter
{
    /// <summary>Request line, Host, framing and our own lines.</summary>
    private const int ExtraBytes = 512;

    internal static void Write(Exchange x, in UpstreamChoice choice, LoopConnection to)
    {
        Http1Server client = x.Client;
        ReadOnlySpan<byte> head = client.Head;
        ReadOnlySpan<byte> source = choice.IsPeer ? x.Loop.SourceField : default;
        ReadOnlySpan<byte> authority = Authority(x, choice);
        int room = head.Length + x.Lines.Length + x.Path.Length + client.Target.Path.Length + authority.Length + source.Length + ExtraBytes;
        var writer = new HeadWriter(to.Output(room));
        WriteRequestLine(x, ref writer);
        writer.Field("host"u8, authority);
        writer.CopyFields(head, client.Request.Fields);
        writer.Raw(x.Lines.Bytes);
        if (!source.IsEmpty)
        {
            writer.Field("weft-source"u8, source);
        }

        if (client.Request.Framing is BodyFraming.Chunked)
        {
            writer.Raw("transfer-encoding: chunked\r\n"u8);
        }

        if (client.Request.AcceptsTrailers)
        {
            writer.Raw("te: trailers\r\n"u8);
        }

        WriteUpgrade(client, ref writer);
        if (!writer.TryEnd(out int written))
        {
            throw new InvalidOperationException("The room for a request head was computed too small.");
        }

        to.Advance(written);
    }

    private static void WriteRequestLine(Exchange x, ref HeadWriter writer)
    {
        Http1Server client = x.Client;
        ReadOnlySpan<byte> method = client.Request.Method.In(client.Head);
        ReadOnlySpan<byte> path = client.Request.MethodKind is HttpMethod.Connect ? client.Target.Authority
            : x.Path.Length > 0 ? x.Path.Bytes : client.Target.Path;
        writer.RequestLine(method, path, client.Target.QueryWithMark);
    }

    private static ReadOnlySpan<byte> Authority(Exchange x, scoped in UpstreamChoice choice)
    {
        if (x.Decision.Authority is { } rewritten)
        {
            return rewritten.Span;
        }

        return x.Decision.AuthorityFromEndpoint && choice.Authority is { } endpoint ? endpoint.Span : x.Client.Target.Authority;
    }

    /// <summary>Upgrade is hop-by-hop: it is said anew, and h2c never (RFC 9113 §3.1 dropped it; behind us it would tunnel past policy).</summary>
    private static void WriteUpgrade(Http1Server client, ref HeadWriter writer)
    {
        if (client.Request.Upgrade is UpgradeKind.WebSocket or UpgradeKind.Other
            && client.Request.Fields.TryGet(KnownHeader.Upgrade, client.Head, out ReadOnlySpan<byte> protocol))
        {
            writer.Raw("connection: upgrade\r\n"u8);
            writer.Field("upgrade"u8, protocol);
        }
    }
}
