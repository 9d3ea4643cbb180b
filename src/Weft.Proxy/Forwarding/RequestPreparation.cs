using Weft.Policy.Routing;
using Weft.Proxy.State.Workloads;
using Weft.Telemetry.Tracing;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>What our side changes on a request's head, once, whatever the number of attempts.</summary>
internal static class RequestPreparation
{
    /// <summary>"16 random bytes in the form of a UUID", which is what Envoy sends.</summary>
    private const int RequestIdLength = 36;

    /// <summary>From the application: its route's changes, an id, and the trace goes on under a new span.</summary>
    internal static void Outbound(Exchange x)
    {
        HeaderTable fields = Begin(x);
        EnsureProto(x, fields);
        EnsureRequestId(x, fields);
        PassTrace(x, fields);
        HeaderEdits.Apply(x.Decision.Destination?.RequestHeaders, x.Decision.Route?.RequestHeaders, fields, x.Client.Head, x.Lines);
    }

    /// <summary>From outside the mesh: nothing there may speak for it.</summary>
    internal static void Gateway(Exchange x)
    {
        HeaderTable fields = Begin(x);
        fields.Drop(KnownHeader.XForwardedClientCert);
        fields.Drop(KnownHeader.XEnvoyPeerMetadata);
        fields.Drop(KnownHeader.XEnvoyPeerMetadataId);
        fields.Drop(KnownHeader.XForwardedProto);
        x.Lines.Field("x-forwarded-proto"u8, x.Client.Target.IsHttps ? "https"u8 : "http"u8);
        AppendForwardedFor(x, fields);
        EnsureRequestId(x, fields);
        PassTrace(x, fields);
        HeaderEdits.Apply(x.Decision.Destination?.RequestHeaders, x.Decision.Route?.RequestHeaders, fields, x.Client.Head, x.Lines);
    }

    /// <summary>To the application: who called, proven by the handshake (Istio's x-forwarded-client-cert, form APPEND_FORWARD).</summary>
    internal static void Inbound(Exchange x)
    {
        HeaderTable fields = Begin(x);
        if (x.Connection.Peer is null)
        {
            fields.Drop(KnownHeader.XForwardedClientCert);
        }
        else
        {
            AppendClientCertificate(x, fields);
        }

        EnsureProto(x, fields);
        EnsureRequestId(x, fields);
        PassTrace(x, fields);
    }

    private static HeaderTable Begin(Exchange x)
    {
        x.Lines.Clear();
        HeaderTable fields = x.Client.Request.Fields;
        fields.Drop(KnownHeader.Host); // written first, in its canonical form or rewritten
        PeerFields.Drop(fields, x.Client.Head);
        RequestWriter.EnsureWebSocketKey(x);
        return fields;
    }

    private static void EnsureProto(Exchange x, HeaderTable fields)
    {
        if (!fields.Has(KnownHeader.XForwardedProto))
        {
            x.Lines.Field("x-forwarded-proto"u8, x.Client.Target.IsHttps ? "https"u8 : "http"u8);
        }
    }

    private static void EnsureRequestId(Exchange x, HeaderTable fields)
    {
        if (fields.Has(KnownHeader.XRequestId))
        {
            return;
        }

        Span<byte> id = stackalloc byte[RequestIdLength];
        Span<byte> random = stackalloc byte[16];
        x.Loop.Random.NextBytes(random);
        int at = 0;
        for (int i = 0; i < random.Length; i++)
        {
            if (i is 4 or 6 or 8 or 10)
            {
                id[at++] = (byte)'-';
            }

            byte value = i == 6 ? (byte)((random[i] & 0x0f) | 0x40) : i == 8 ? (byte)((random[i] & 0x3f) | 0x80) : random[i]; // RFC 9562 §5.4
            id[at++] = "0123456789abcdef"u8[value >> 4];
            id[at++] = "0123456789abcdef"u8[value & 15];
        }

        x.Lines.Field("x-request-id"u8, id);
    }

    private static void AppendForwardedFor(Exchange x, HeaderTable fields)
    {
        ReadOnlySpan<byte> before = Take(x, fields, KnownHeader.XForwardedFor);
        LineBuffer lines = x.Lines;
        lines.Add("x-forwarded-for: "u8);
        if (!before.IsEmpty)
        {
            lines.Add(before);
            lines.Add(", "u8);
        }

        WriteClient(x, lines);
        lines.Add("\r\n"u8);
    }

    private static void WriteClient(Exchange x, LineBuffer lines)
    {
        const int AddressLengthMax = 45;
        Span<byte> text = lines.Take(AddressLengthMax);
        int written = x.Connection.AddressUtf8.Length;
        x.Connection.AddressUtf8.CopyTo(text);
        lines.Shorten(AddressLengthMax - written);
    }

    private static void AppendClientCertificate(Exchange x, HeaderTable fields)
    {
        ReadOnlySpan<byte> before = Take(x, fields, KnownHeader.XForwardedClientCert);
        LineBuffer lines = x.Lines;
        lines.Add("x-forwarded-client-cert: "u8);
        if (!before.IsEmpty)
        {
            lines.Add(before);
            lines.Add(","u8);
        }

        lines.Add(x.Connection.ClientCertificateElement);
        lines.Add("\r\n"u8);
    }

    /// <summary>The first value of a field that is written anew.</summary>
    private static ReadOnlySpan<byte> Take(Exchange x, HeaderTable fields, KnownHeader header)
    {
        fields.TryGet(header, x.Client.Head, out ReadOnlySpan<byte> value);
        fields.Drop(header);
        return value;
    }

    /// <summary>A trace that arrived goes on; one begins here when spans are collected.</summary>
    private static void PassTrace(Exchange x, HeaderTable fields)
    {
        ReadOnlySpan<byte> head = x.Client.Head;
        fields.TryGet(KnownHeader.Traceparent, head, out ReadOnlySpan<byte> parent);
        fields.TryGet(KnownHeader.B3, head, out ReadOnlySpan<byte> b3);
        fields.TryGet(KnownHeader.XB3TraceId, head, out ReadOnlySpan<byte> id);
        bool arrived = !(parent.IsEmpty && b3.IsEmpty && id.IsEmpty);
        if (!arrived && !x.Loop.Telemetry.Settings.Spans)
        {
            return;
        }

        fields.TryGet(KnownHeader.XB3SpanId, head, out ReadOnlySpan<byte> span);
        fields.TryGet(KnownHeader.XB3Sampled, head, out ReadOnlySpan<byte> sampled);
        fields.TryGet(KnownHeader.XB3Flags, head, out ReadOnlySpan<byte> flags);
        var headers = new TraceHeaders { TraceParent = parent, B3 = b3, B3TraceId = id, B3SpanId = span, B3Sampled = sampled, B3Flags = flags };
        x.Trace = headers.TryRead(out SpanContext caller)
            ? caller.Child(x.Loop.Random)
            : SpanContext.Root(x.Loop.Random, x.Loop.Telemetry.Settings.SamplingPercent);
        fields.Drop(KnownHeader.Traceparent);
        fields.Drop(KnownHeader.B3);
        fields.Drop(KnownHeader.XB3TraceId);
        fields.Drop(KnownHeader.XB3SpanId);
        fields.Drop(KnownHeader.XB3ParentSpanId);
        fields.Drop(KnownHeader.XB3Sampled);
        WriteTrace(x);
    }

    private static void WriteTrace(Exchange x)
    {
        SpanContext trace = x.Trace;
        Span<byte> text = stackalloc byte[TraceText.B3Length];
        x.Lines.Field("traceparent"u8, text[..TraceText.WriteTraceParent(trace, text)]);
        switch (trace.Form)
        {
            case TraceForm.B3Single:
                x.Lines.Field("b3"u8, text[..TraceText.WriteB3Single(trace, text)]);
                break;
            case TraceForm.B3Multi:
                x.Lines.Field("x-b3-traceid"u8, text[..TraceText.WriteTraceId(trace, text)]);
                x.Lines.Field("x-b3-spanid"u8, text[..TraceText.WriteHex(trace.SpanId, text)]);
                x.Lines.Field("x-b3-parentspanid"u8, text[..TraceText.WriteHex(trace.ParentId, text)]);
                x.Lines.Field("x-b3-sampled"u8, trace.Sampled ? "1"u8 : "0"u8);
                break;
        }
    }
}
