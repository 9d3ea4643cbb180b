using System.Buffers.Text;
using Weft.Http.Http1;
using Weft.Policy.Routing;
using Weft.Transport;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>Writes the upstream's heads to the client.</summary>
internal static class ResponseWriter
{
    private const int ExtraBytes = 256;

    /// <summary>1xx other than 101 pass on to who knows them; 100 was already said by us.</summary>
    internal static void WriteInterim(Exchange x, Http1Client upstream)
    {
        ResponseHead response = upstream.Response;
        if (response.Status == 100 || x.Client.Request.Version is Http1Version.Http10)
        {
            return;
        }

        ReadOnlySpan<byte> head = upstream.Transport.Input[..response.Length];
        LoopConnection client = x.Client.Transport;
        var writer = new HeadWriter(client.Output(head.Length + ExtraBytes));
        writer.StatusLine(response.Status, response.Reason.In(head));
        writer.CopyFields(head, response.Fields);
        if (writer.TryEnd(out int written))
        {
            client.Advance(written);
        }
    }

    /// <summary>Writes the final head and takes it off the upstream's input. True: the client cannot read the chunked coding.</summary>
    internal static bool Write(Exchange x, Http1Client upstream)
    {
        ResponseHead response = upstream.Response;
        ReadOnlySpan<byte> head = upstream.Transport.Input[..response.Length];
        LoopConnection client = x.Client.Transport;
        x.Status = response.Status;
        x.GrpcStatus = x.IsGrpc ? GrpcStatusOf(upstream) : -1;
        x.Lines.Clear();
        RouteModel? route = x.Decision.Route;
        HeaderEdits.Apply(x.Decision.Destination?.ResponseHeaders, route?.ResponseHeaders, response.Fields, head, x.Lines);
        if (x.Cookie is { } cookie)
        {
            WriteCookie(cookie, x.CookieValue, x.Lines);
        }

        bool isOld = x.Client.Request.Version is Http1Version.Http10;
        bool unchunk = isOld && response.Framing is BodyFraming.Chunked;
        x.ClosesClient |= unchunk || response.Framing is BodyFraming.UntilClose || x.Connection.IsDraining(x.Loop);

        var writer = new HeadWriter(client.Output(head.Length + x.Lines.Length + ExtraBytes));
        writer.StatusLine(response.Status, response.Reason.In(head));
        writer.CopyFields(head, response.Fields);
        writer.Raw(x.Lines.Bytes);
        WriteConnection(x, response, head, isOld, unchunk, ref writer);
        if (!writer.TryEnd(out int written))
        {
            throw new InvalidOperationException("The room for a response head was computed too small.");
        }

        client.Advance(written);
        upstream.Transport.Consume(response.Length);
        return unchunk;
    }

    /// <summary>RFC 6265 §4.1; HttpOnly as Envoy has it, since only we read it.</summary>
    private static void WriteCookie(CookieModel cookie, ulong value, LineBuffer lines)
    {
        Span<byte> text = stackalloc byte[16];
        HashKeysModel.WriteCookieValue(value, text);
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

        lines.Add("; HttpOnly\r\n"u8);
    }

    internal static int GrpcStatusOf(Http1Client upstream) =>
        upstream.Response.Fields.TryGet(KnownHeader.GrpcStatus, upstream.Transport.Input, out ReadOnlySpan<byte> text)
        && Utf8Parser.TryParse(text, out int status, out int used) && used == text.Length ? status : -1;

    private static void WriteConnection(Exchange x, ResponseHead response, ReadOnlySpan<byte> head, bool isOld, bool unchunk, ref HeadWriter writer)
    {
        if (response.Status == 101 && response.Fields.TryGet(KnownHeader.Upgrade, head, out ReadOnlySpan<byte> protocol))
        {
            writer.Raw("connection: upgrade\r\n"u8);
            writer.Field("upgrade"u8, protocol);
            return;
        }

        if (response.Framing is BodyFraming.Chunked && !unchunk)
        {
            writer.Raw("transfer-encoding: chunked\r\n"u8);
        }

        if (response.Framing is BodyFraming.Tunnel)
        {
            return;
        }

        if (x.ClosesClient)
        {
            writer.Raw("connection: close\r\n"u8);
        }
        else if (isOld)
        {
            writer.Raw("connection: keep-alive\r\n"u8);
        }
    }
}
