using Weft.Wire.Http2;

namespace Weft.Wire.Http1;

/// <summary>
/// One response head, read in place. Owned by a connection and reused by every response on it, on its loop only. Framing
/// depends on the request's method (RFC 9112 §6.3), so reading takes it.
/// </summary>
public sealed class ResponseHead
{
    private HeadScan _scan;
    private MessageFields _fields;

    public HeaderTable Fields { get; private set; } = new();

    public Http1Error Error { get; private set; }

    /// <summary>Bytes of the head with its empty line; the body begins there.</summary>
    public int Length { get; private set; }

    public int Status { get; private set; }

    public ByteRange Reason { get; private set; }

    public MessageVersion Version { get; private set; }

    public BodyFraming Framing { get; private set; }

    /// <summary>As written, -1 when not; the body's length only under <see cref="BodyFraming.Length"/>.</summary>
    public long ContentLength { get; private set; }

    /// <summary>Whether the connection can carry another request after this response.</summary>
    public bool KeepAlive { get; private set; }

    /// <summary>1xx but 101: another head follows on this request (RFC 9110 §15.2).</summary>
    public bool IsInterim => Status is >= 100 and < 200 and not 101;

    /// <summary>Forgets the last response; its memory stays.</summary>
    public void Reset()
    {
        Fields.Clear();
        _scan = default;
        _fields = default;
        Error = Http1Error.None;
        Length = 0;
        Status = 0;
        Reason = default;
        Version = MessageVersion.Http11;
        Framing = BodyFraming.None;
        ContentLength = -1;
        KeepAlive = false;
    }

    /// <summary>Reads on; the contract of <see cref="RequestHead.Read"/>.</summary>
    public ReadStatus Read(ReadOnlySpan<byte> input, Http1Limits limits, HttpMethod requestMethod)
    {
        if (!_scan.HasStartLine)
        {
            ReadStatus status = ReadStatusLine(input, limits);
            if (status is not ReadStatus.Done)
            {
                return status;
            }
        }

        ReadStatus read = _scan.ReadFields(input, limits, Fields, out int length, out Http1Error error);
        if (read is ReadStatus.Done)
        {
            error = MessageFields.Read(input, Fields, Version, out _fields);
            Frame(requestMethod);
        }

        Length = read is ReadStatus.Done ? length : 0;
        Error = error;
        return error is Http1Error.None ? read : Http1Errors.ReadStatusOf(error);
    }

    /// <summary>Takes an HTTP/2 response head that was checked. The ranges point into the list, which stays as it is until the response is done.</summary>
    /// <param name="isEnd">Nothing follows the head.</param>
    public void Take(HeaderList list, in Http2Head head, HttpMethod requestMethod, bool isEnd)
    {
        HeaderTable fields = list.Lines;
        for (int i = 0; i < head.FirstField; i++)
        {
            fields.Drop(i);
        }

        Fields = fields;
        Error = Http1Error.None;
        Length = list.Bytes.Length;
        Status = head.Status;
        Reason = default;
        Version = MessageVersion.Http20;
        _fields = new MessageFields { ContentLength = head.ContentLength, IsChunked = head.ContentLength < 0 && !isEnd };
        Frame(requestMethod);
        Framing = isEnd && Framing is not BodyFraming.Tunnel ? BodyFraming.None : Framing;
        KeepAlive = true;
    }

    /// <summary>The stream carries what the request was upgraded to.</summary>
    public void BecomeTunnel(int status)
    {
        Status = status;
        Framing = BodyFraming.Tunnel;
        DropFraming();
    }

    /// <summary>status-line = HTTP-version SP status-code SP [ reason-phrase ] (RFC 9112 §4); the second SP may be missing, as many servers leave it out.</summary>
    private ReadStatus ReadStatusLine(ReadOnlySpan<byte> input, Http1Limits limits)
    {
        ReadStatus status = _scan.NextLine(input, limits, out int end, out Http1Error error);
        if (status is ReadStatus.Done)
        {
            error = ReadStatusText(input, _scan.LineStart, end);
            _scan.HasStartLine = true;
            _scan.Advance(end);
        }

        Error = error;
        return error is Http1Error.None ? status : Http1Errors.ReadStatusOf(error);
    }

    private Http1Error ReadStatusText(ReadOnlySpan<byte> input, int start, int end)
    {
        ReadOnlySpan<byte> line = input[start..end];
        if (line.Length < 12 || line[8] != ' ')
        {
            return Http1Error.StatusLineInvalid;
        }

        Http1Error error = RequestLine.ReadVersion(line[..8], out MessageVersion version);
        Version = version;
        if (error is not Http1Error.None)
        {
            return error;
        }

        if (line[9..12].ContainsAnyExceptInRange((byte)'0', (byte)'9') || line[9] == '0')
        {
            return Http1Error.StatusInvalid;
        }

        if (line.Length > 12 && line[12] != ' ')
        {
            return Http1Error.StatusLineInvalid;
        }

        Status = ((line[9] - '0') * 100) + ((line[10] - '0') * 10) + line[11] - '0';
        Reason = line.Length > 13 ? ByteRange.Between(start + 13, end) : default;
        return Http1Error.None;
    }

    private void Frame(HttpMethod requestMethod)
    {
        ContentLength = _fields.ContentLength;
        bool persists = !_fields.HasClose && (Version is MessageVersion.Http11 || _fields.HasKeepAlive);
        if (Status == 101 || (requestMethod is HttpMethod.Connect && Status is >= 200 and < 300))
        {
            Framing = BodyFraming.Tunnel;
            DropFraming();
            return;
        }

        if (Status is (>= 100 and < 200) or 204)
        {
            // §6.3 rule 1. A server that announces a body here may also send one: the connection is not used again.
            Framing = BodyFraming.None;
            KeepAlive = persists && !_fields.IsChunked && ContentLength <= 0;
            DropFraming();
            return;
        }

        bool isBodiless = requestMethod is HttpMethod.Head || Status == 304;
        Framing = isBodiless ? BodyFraming.None
            : _fields.IsChunked ? BodyFraming.Chunked
            : ContentLength < 0 ? BodyFraming.UntilClose
            : ContentLength == 0 ? BodyFraming.None : BodyFraming.Length;
        KeepAlive = persists && Framing is not BodyFraming.UntilClose;
    }

    private void DropFraming()
    {
        ContentLength = -1;
        Fields.Drop(KnownHeader.ContentLength);
        Fields.Drop(KnownHeader.TransferEncoding);
    }
}
