using System.Text;
using Weft.Wire.Http2;

namespace Weft.Wire.Http1;

/// <summary>
/// One request head, read in place. Owned by a connection and reused by every request on it, on its loop only; its
/// ranges point into the caller's buffer, which keeps the head's first byte first until the request is done.
/// </summary>
/// <remarks>RFC 9112 §2–§6, RFC 9110 §5–§7. The same bytes give the same answer however they were cut.</remarks>
public sealed class RequestHead
{
    private HeadScan _scan;
    private RequestLine _line;
    private MessageFields _fields;

    public HeaderTable Fields { get; private set; } = new();

    public Http1Error Error { get; private set; }

    /// <summary>Bytes of the head with its empty line; the body begins there.</summary>
    public int Length { get; private set; }

    public ByteRange Method => _line.Method;

    public HttpMethod MethodKind => _line.Kind;

    /// <summary>The request-target as it came.</summary>
    public ByteRange Target => _line.Target;

    public TargetForm Form => _line.Form;

    /// <summary>The path as it came; see <see cref="CanonicalRequest"/> for the form to decide and forward by.</summary>
    public ByteRange RawPath => _line.Path;

    /// <summary>Behind the "?", as it came.</summary>
    public ByteRange RawQuery => _line.Query;

    public bool HasQuery => _line.HasQuery;

    /// <summary>absolute-form with https; everything else leaves the scheme to the listener.</summary>
    public bool IsHttpsTarget => _line.IsHttps;

    /// <summary>The target's authority, else Host; empty only for HTTP/1.0 without either.</summary>
    public ByteRange RawAuthority { get; private set; }

    public MessageVersion Version => _line.Version;

    public BodyFraming Framing { get; private set; }

    /// <summary>-1 unless <see cref="BodyFraming.Length"/>.</summary>
    public long ContentLength { get; private set; }

    /// <summary>Whether the client wants to send another request on this connection (RFC 9112 §9.3).</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>RFC 9110 §10.1.1; only with a body, ignored from HTTP/1.0.</summary>
    public bool ExpectsContinue { get; private set; }

    /// <summary>TE: trailers, which is hop-by-hop; who forwards trailers says it again.</summary>
    public bool AcceptsTrailers => _fields.HasTrailersOption;

    public UpgradeKind Upgrade { get; private set; }

    /// <summary>Its name, whichever version asks: of the Upgrade field, or of an extended CONNECT (RFC 8441 §4). Empty where <see cref="Upgrade"/> is None or Http2.</summary>
    public ByteRange UpgradeProtocol { get; private set; }

    /// <summary>Forgets the last request; its memory stays.</summary>
    public void Reset()
    {
        Fields.Clear();
        _scan = default;
        _line = default;
        _fields = default;
        Error = Http1Error.None;
        Length = 0;
        RawAuthority = default;
        Framing = BodyFraming.None;
        ContentLength = -1;
        KeepAlive = false;
        ExpectsContinue = false;
        Upgrade = UpgradeKind.None;
        UpgradeProtocol = default;
    }

    /// <summary>
    /// Reads on. <paramref name="input"/> begins at the head's first byte and holds at least what it held in the last call
    /// since <see cref="Reset"/>.
    /// </summary>
    public ReadStatus Read(ReadOnlySpan<byte> input, Http1Limits limits)
    {
        if (!_scan.HasStartLine)
        {
            ReadStatus status = ReadStartLine(input, limits);
            if (status is not ReadStatus.Done)
            {
                return status;
            }
        }

        ReadStatus read = _scan.ReadFields(input, limits, Fields, out int length, out Http1Error error);
        if (read is ReadStatus.Done)
        {
            error = Conclude(input);
        }

        Length = read is ReadStatus.Done ? length : 0;
        Error = error;
        return error is Http1Error.None ? read : Http1Errors.ReadStatusOf(error);
    }

    /// <summary>
    /// Takes an HTTP/2 request head that was checked. The ranges point into the list, which stays as it is until the request is done.
    /// </summary>
    /// <param name="isEnd">Nothing follows the head.</param>
    /// <remarks>An extended CONNECT is what it stands for: a GET that asks for an upgrade (RFC 8441 §5).</remarks>
    public void Take(HeaderList list, in Http2Head head, bool isEnd)
    {
        HeaderTable fields = list.Lines;
        Fields = fields;
        _fields = new MessageFields { ContentLength = head.ContentLength, HasTrailersOption = fields.Has(KnownHeader.Te) }; // Http2Head lets no other value in
        DropHttp2(head, fields);
        list.JoinCookies();
        TakeLine(list, head);
        ContentLength = head.ContentLength;
        Framing = isEnd || Upgrade is not UpgradeKind.None || MethodKind is HttpMethod.Connect ? BodyFraming.None // what follows is the tunnel's
            : ContentLength < 0 ? BodyFraming.Chunked : ContentLength == 0 ? BodyFraming.None : BodyFraming.Length;
        Error = ReadExpect(list.Bytes);
        ExpectsContinue &= Framing is not BodyFraming.None;
        KeepAlive = true;
        Length = list.Bytes.Length;
    }

    /// <summary>Pseudo-header fields and what is said anew on every hop are not copied along.</summary>
    private static void DropHttp2(in Http2Head head, HeaderTable fields)
    {
        for (int i = 0; i < head.FirstField; i++)
        {
            fields.Drop(i);
        }

        fields.Drop(KnownHeader.Te);
        fields.Drop(KnownHeader.Http2Settings);
    }

    private void TakeLine(HeaderList list, in Http2Head head)
    {
        HeaderTable fields = list.Lines;
        bool isExtended = head.ProtocolIndex >= 0;
        Upgrade = isExtended ? UpgradeRule.KindOf(list.Value(head.ProtocolIndex)) : UpgradeKind.None;
        UpgradeProtocol = Upgrade is UpgradeKind.WebSocket or UpgradeKind.Other ? fields[head.ProtocolIndex].Value : default;
        RawAuthority = head.AuthorityIndex < 0 ? default : fields[head.AuthorityIndex].Value;
        ByteRange path = head.PathIndex < 0 ? RawAuthority : fields[head.PathIndex].Value;
        int mark = head.PathIndex < 0 ? -1 : path.In(list.Bytes).IndexOf((byte)'?');
        _line = new RequestLine
        {
            Version = MessageVersion.Http20,
            Kind = isExtended ? HttpMethod.Get : head.Method,
            Method = isExtended ? list.AddText("GET"u8) : head.MethodIndex < 0 ? default : fields[head.MethodIndex].Value, // a list over its limit may end before it
            Target = path,
            Form = head.PathIndex < 0 ? TargetForm.Authority : path.In(list.Bytes) is [(byte)'*'] ? TargetForm.Asterisk : TargetForm.Origin,
            IsHttps = head.SchemeIndex >= 0 && fields[head.SchemeIndex].Value.In(list.Bytes).SequenceEqual("https"u8),
            Authority = RawAuthority,
            Path = mark < 0 ? path : new ByteRange(path.Start, mark),
            Query = mark < 0 ? default : ByteRange.Between(path.Start + mark + 1, path.End),
            HasQuery = mark >= 0,
        };
    }

    private ReadStatus ReadStartLine(ReadOnlySpan<byte> input, Http1Limits limits)
    {
        while (true)
        {
            ReadStatus status = _scan.NextLine(input, limits, out int end, out Http1Error error);
            if (status is ReadStatus.Done && end > _scan.LineStart)
            {
                error = RequestLine.Read(input, _scan.LineStart, end, out _line);
                _scan.HasStartLine = true;
            }

            Error = error;
            if (status is not ReadStatus.Done || error is not Http1Error.None)
            {
                return error is Http1Error.None ? status : Http1Errors.ReadStatusOf(error);
            }

            _scan.Advance(end);
            if (_scan.HasStartLine)
            {
                return ReadStatus.Done;
            }

            // RFC 9112 §2.2: empty lines before a request are skipped; the head's limit bounds them.
        }
    }

    private Http1Error Conclude(ReadOnlySpan<byte> input)
    {
        Http1Error error = ReadHost(input);
        error = error is Http1Error.None ? MessageFields.Read(input, Fields, Version, out _fields) : error;
        error = error is Http1Error.None ? ReadExpect(input) : error;
        if (error is not Http1Error.None)
        {
            return error;
        }

        ContentLength = _fields.ContentLength;
        Framing = _fields.IsChunked ? BodyFraming.Chunked : ContentLength > 0 ? BodyFraming.Length : BodyFraming.None;
        ExpectsContinue &= Framing is not BodyFraming.None && Version is MessageVersion.Http11;
        KeepAlive = !_fields.HasClose && (Version is MessageVersion.Http11 || _fields.HasKeepAlive);
        Upgrade = ReadUpgrade(input);
        return Http1Error.None;
    }

    /// <summary>Host once in HTTP/1.1, and no other name than the target's (RFC 9112 §3.2).</summary>
    private Http1Error ReadHost(ReadOnlySpan<byte> input)
    {
        RawAuthority = _line.Authority;
        int index = Fields.IndexOf(KnownHeader.Host);
        if (index < 0)
        {
            return Version is MessageVersion.Http10 ? Http1Error.None : Http1Error.HostMissing;
        }

        if (Fields.CountOf(KnownHeader.Host) > 1)
        {
            return Http1Error.HostRepeated;
        }

        ByteRange host = Fields[index].Value;
        if (!HostRule.TrySplit(host.In(input), out ReadOnlySpan<byte> name, out int port))
        {
            return Http1Error.HostInvalid;
        }

        if (_line.Form is TargetForm.Origin or TargetForm.Asterisk)
        {
            RawAuthority = host;
            return Http1Error.None;
        }

        // §3.2.2 lets the target win. Who sends two names means to be read differently by two readers.
        _ = HostRule.TrySplit(RawAuthority.In(input), out ReadOnlySpan<byte> targetName, out int targetPort);
        int defaultPort = _line.IsHttps ? 443 : 80;
        bool samePort = (port == 0 ? defaultPort : port) == (targetPort == 0 ? defaultPort : targetPort)
            || (port == 0 && _line.Form is TargetForm.Authority);
        return samePort && Ascii.EqualsIgnoreCase(name, targetName) ? Http1Error.None : Http1Error.TargetHostMismatch;
    }

    /// <summary>RFC 9110 §10.1.1: met here, or refused. It goes no further: a server that reads it otherwise than we do would answer another request.</summary>
    private Http1Error ReadExpect(ReadOnlySpan<byte> input)
    {
        ExpectsContinue = false;
        if (!Fields.TryGet(KnownHeader.Expect, input, out ReadOnlySpan<byte> value))
        {
            return Http1Error.None;
        }

        ExpectsContinue = Fields.CountOf(KnownHeader.Expect) == 1 && Ascii.EqualsIgnoreCase(value, "100-continue"u8);
        Fields.Drop(KnownHeader.Expect);
        return ExpectsContinue ? Http1Error.None : Http1Error.ExpectationUnknown;
    }

    /// <summary>§7.8 leaves it to us: taken is what both versions can carry on, which is a GET without content.</summary>
    private UpgradeKind ReadUpgrade(ReadOnlySpan<byte> input)
    {
        bool isIgnored = !_fields.HasUpgradeOption || Version is MessageVersion.Http10 || MethodKind is not HttpMethod.Get
            || Framing is not BodyFraming.None || Fields.CountOf(KnownHeader.Upgrade) != 1;
        if (isIgnored)
        {
            return UpgradeKind.None;
        }

        ByteRange field = Fields[Fields.IndexOf(KnownHeader.Upgrade)].Value;
        UpgradeKind kind = UpgradeRule.Choose(field.In(input), out ByteRange first);
        UpgradeProtocol = kind is UpgradeKind.WebSocket or UpgradeKind.Other ? new ByteRange(field.Start + first.Start, first.Length) : default;
        return kind;
    }
}
