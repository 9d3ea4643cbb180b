using System.Buffers.Text;
using Weft.Http;
using Weft.Policy.Routing;
using Weft.Wire;
using Weft.Wire.Http1;
using HttpMethod = Weft.Wire.Http1.HttpMethod;

namespace Weft.Proxy.Forwarding;

/// <summary>Writes the upstream's heads to the client.</summary>
internal static class ResponseWriter
{
    /// <summary>1xx other than 101 pass on to who knows them; 100 was already said by us.</summary>
    internal static void WriteInterim(Exchange x, HttpClientStream upstream)
    {
        if (upstream.Response.Status != 100)
        {
            ResponseHead response = upstream.Response;
            PeerFields.Drop(response.Fields, upstream.Head);
            x.Client.WriteInterim(new OutgoingResponse
            {
                Status = response.Status,
                Reason = response.Reason.In(upstream.Head),
                Head = upstream.Head,
                Fields = response.Fields,
            });
        }
    }

    /// <summary>Writes the final head and takes it off the upstream's input.</summary>
    internal static void Write(Exchange x, HttpClientStream upstream)
    {
        ResponseHead response = upstream.Response;
        ReadOnlySpan<byte> head = upstream.Head;
        x.Status = response.Status;
        x.GrpcStatus = x.IsGrpc ? GrpcStatusOf(response.Fields, head) : -1;
        ReadOnlySpan<byte> reason = ReasonOf(response, head);
        PrepareFields(x, response, head, reason);
        x.ClosesClient |= x.IsClientToGo || response.Framing is BodyFraming.Tunnel;
        x.Client.WriteHead(new OutgoingResponse
        {
            Status = response.Status,
            Reason = reason,
            Head = head,
            Fields = response.Fields,
            Lines = x.Lines.Bytes,
            Framing = response.Framing is BodyFraming.UntilClose ? BodyFraming.Chunked : response.Framing,
            Closes = x.ClosesClient && response.Framing is not BodyFraming.Tunnel,
            Upgrade = response.Status == 101 ? RequestWriter.UpgradeOf(x.Client) : default,
        });
        x.ClosesClient |= x.Client.MustClose;
        upstream.TakeHead();
    }

    /// <summary>
    /// To a client that asked by CONNECT any 2xx says that its tunnel stands (RFC 9110 §9.3.6, RFC 8441 §5), whatever an application meant by it that did
    /// not switch. Peers are told so by a field of ours.
    /// </summary>
    internal static bool WouldEstablish(Exchange x, int status) => status is >= 200 and < 300 && !x.Connection.IsPeerStream
        && x.Client.Request is { Upgrade: not UpgradeKind.None, Version: MessageVersion.Http20 } or { MethodKind: HttpMethod.Connect };

    /// <summary>What the head says; a stream of messages says it in its trailers.</summary>
    internal static int GrpcStatusOf(HeaderTable fields, ReadOnlySpan<byte> head) =>
        fields.TryGet(KnownHeader.GrpcStatus, head, out ReadOnlySpan<byte> text) ? StatusOf(text) : -1;

    internal static int GrpcStatusOf(ReadOnlySpan<byte> trailers)
    {
        foreach (FieldLines.Line line in new FieldLines(trailers))
        {
            if (KnownHeaders.Find(line.Name) is KnownHeader.GrpcStatus)
            {
                return StatusOf(line.Value);
            }
        }

        return -1;
    }

    private static int StatusOf(ReadOnlySpan<byte> text) => Utf8Parser.TryParse(text, out int status, out int used) && used == text.Length ? status : -1;

    private static void PrepareFields(Exchange x, ResponseHead response, ReadOnlySpan<byte> head, ReadOnlySpan<byte> reason)
    {
        x.Lines.Clear();
        PeerFields.Drop(response.Fields, head);
        HeaderEdits.Apply(x.Decision.Destination?.ResponseHeaders, x.Decision.Route?.ResponseHeaders, response.Fields, head, x.Lines);
        if (x.Decision.Route?.Cors is { } cors)
        {
            WriteCors(x, cors, response, head);
        }

        if (x.Cookie is { } cookie)
        {
            Span<byte> value = stackalloc byte[16];
            HashKeysModel.WriteCookieValue(x.CookieValue, value);
            WriteCookie(cookie, value, x.Lines);
        }

        if (x.Decision.SplitCookie is { } split)
        {
            Span<byte> value = stackalloc byte[16];
            HashKeysModel.WriteCookieValue(x.Decision.SplitCookieValue, value);
            WriteCookie(split, value, x.Lines);
        }

        if (x.Session is { } session)
        {
            SessionStickiness.Write(session, x);
        }

        if (response.Status == 101 && x.Connection.IsPeerStream is false && x.Client.Request.Version is MessageVersion.Http20)
        {
            response.Fields.Drop("sec-websocket-accept"u8, head); // RFC 8441 §5: it answers a key that this client never sent
        }

        if (x.Connection.IsPeerStream && response is { Status: >= 200 and < 300, Framing: not BodyFraming.Tunnel } && x.Client.Request.Upgrade is not UpgradeKind.None)
        {
            x.Lines.Field(PeerFields.Declined, "1"u8);
        }

        bool isUsual = reason.IsEmpty || reason.SequenceEqual(ReasonPhrase.Of(response.Status));
        if (x.Connection.IsPeerStream && !isUsual)
        {
            x.Lines.Field(PeerFields.Reason, reason);
        }
    }

    /// <summary>Ours stand in place of what the application may have said.</summary>
    private static void WriteCors(Exchange x, CorsModel cors, ResponseHead response, ReadOnlySpan<byte> head)
    {
        CorsDecision decision = cors.Decide(x.Facts);
        for (int i = 0; decision.TryGetField(i, out ReadOnlySpan<byte> name, out ReadOnlySpan<byte> value); i++)
        {
            if (!value.IsEmpty)
            {
                response.Fields.Drop(name, head);
                x.Lines.Field(name, value);
            }
        }
    }

    private static ReadOnlySpan<byte> ReasonOf(ResponseHead response, ReadOnlySpan<byte> head)
    {
        int said = response.Version is MessageVersion.Http20 ? response.Fields.Find(PeerFields.Reason, head) : -1;
        return said < 0 ? response.Reason.In(head) : response.Fields[said].Value.In(head);
    }

    /// <summary>RFC 6265 §4.1; HttpOnly as Envoy has it, since only we read it.</summary>
    internal static void WriteCookie(CookieModel cookie, ReadOnlySpan<byte> text, LineBuffer lines)
    {
        lines.Add("set-cookie: "u8);
        lines.Add(cookie.Name.Span);
        lines.Add("="u8);
        lines.Add(text);
        if (cookie.Path is { } path)
        {
            lines.Add("; Path="u8);
            lines.Add(path.Span);
        }

        if (cookie.Ttl is { } ttl && ttl > TimeSpan.Zero)
        {
            lines.Add("; Max-Age="u8);
            lines.Number((long)ttl.TotalSeconds);
        }

        foreach (FieldModel attribute in cookie.Attributes)
        {
            lines.Add("; "u8);
            lines.Add(attribute.Name.Span);
            lines.Add(attribute.Value.IsEmpty ? default : "="u8);
            lines.Add(attribute.Value.Span);
        }

        lines.Add("; HttpOnly\r\n"u8);
    }
}
