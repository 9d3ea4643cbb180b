using Weft.Policy;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>The live request as decisions see it: a view, no copies but for repeated fields.</summary>
internal readonly ref struct RequestFacts(Exchange exchange) : IRequestFacts
{
    public ReadOnlySpan<byte> Method => exchange.Client.Request.Method.In(exchange.Client.Head);

    public ReadOnlySpan<byte> Path => exchange.Client.Target.Path;

    public ReadOnlySpan<byte> Query => exchange.Client.Target.Query;

    public ReadOnlySpan<byte> Authority => exchange.Client.Target.Authority;

    public ReadOnlySpan<byte> Scheme => exchange.Client.Target.IsHttps ? "https"u8 : "http"u8;

    public int Port => exchange.Connection.Port;

    public IpValue RemoteAddress => exchange.Connection.Client;

    public ReadOnlySpan<byte> RequestPrincipal => exchange.Token is { } token ? token.Principal.Span : default;

    public bool TryGetHeader(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value)
    {
        HeaderTable fields = exchange.Client.Request.Fields;
        ReadOnlySpan<byte> head = exchange.Client.Head;
        int first = fields.Find(lowerCaseName, head);
        if (first < 0)
        {
            value = default;
            return false;
        }

        int next = fields.Find(lowerCaseName, head, first + 1);
        value = next < 0 ? fields[first].Value.In(head) : Join(lowerCaseName, first, next);
        return true;
    }

    public bool TryGetClaim(ReadOnlySpan<byte> name, int index, out ReadOnlySpan<byte> value)
    {
        value = default;
        return exchange.Token is { } token && token.TryGet(name, index, out value);
    }

    /// <summary>RFC 9110 §5.3. Repeated fields that a rule asks for are rare, so this one may allocate: the span must outlive the next question.</summary>
    private ReadOnlySpan<byte> Join(ReadOnlySpan<byte> name, int first, int next)
    {
        HeaderTable fields = exchange.Client.Request.Fields;
        ReadOnlySpan<byte> head = exchange.Client.Head;
        var joined = new LineBuffer();
        joined.Add(fields[first].Value.In(head));
        for (int i = next; i >= 0; i = fields.Find(name, head, i + 1))
        {
            joined.Add(","u8);
            joined.Add(fields[i].Value.In(head));
        }

        return joined.Bytes;
    }
}
