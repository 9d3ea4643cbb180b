using System.Text;

namespace Weft.Wire.Http1;

/// <summary>What the fields of one head say of its framing and its connection, decided strictly: what two recipients could read differently is refused.</summary>
internal struct MessageFields
{
    private const long NoLength = -1;

    /// <summary>Each option is looked for among all fields, so their number is bounded; more is ConnectionInvalid.</summary>
    private const int OptionsMax = 32;

    private int _options;

    internal long ContentLength;
    internal bool IsChunked;
    internal bool HasClose;
    internal bool HasKeepAlive;
    internal bool HasUpgradeOption;
    internal bool HasTrailersOption;

    /// <summary>Reads the framing fields and marks hop-by-hop fields as dropped.</summary>
    internal static Http1Error Read(ReadOnlySpan<byte> input, HeaderTable table, MessageVersion version, out MessageFields fields)
    {
        fields = new MessageFields { ContentLength = NoLength };
        Http1Error error = fields.ReadLength(input, table);
        error = error is Http1Error.None ? fields.ReadTransferEncoding(input, table, version) : error;
        return error is Http1Error.None ? fields.ReadConnection(input, table) : error;
    }

    /// <summary>Content-Length = 1*DIGIT, once (RFC 9112 §6.3; the leave to fold equal repetitions is not taken).</summary>
    private Http1Error ReadLength(ReadOnlySpan<byte> input, HeaderTable table)
    {
        if (!table.TryGet(KnownHeader.ContentLength, input, out ReadOnlySpan<byte> value))
        {
            return Http1Error.None;
        }

        if (table.CountOf(KnownHeader.ContentLength) > 1)
        {
            return Http1Error.ContentLengthRepeated;
        }

        return TryLength(value, out ContentLength) ? Http1Error.None : Http1Error.ContentLengthInvalid;
    }

    internal static bool TryLength(ReadOnlySpan<byte> digits, out long length)
    {
        length = 0;
        if (digits.IsEmpty || digits.ContainsAnyExceptInRange((byte)'0', (byte)'9'))
        {
            return false;
        }

        foreach (byte digit in digits)
        {
            int value = digit - '0';
            if (length > (long.MaxValue - value) / 10)
            {
                return false;
            }

            length = (length * 10) + value;
        }

        return true;
    }

    /// <summary>Exactly one "chunked" and nothing else (RFC 9112 §6.1, §6.3); no other coding is known here, so none could be undone.</summary>
    private Http1Error ReadTransferEncoding(ReadOnlySpan<byte> input, HeaderTable table, MessageVersion version)
    {
        if (!table.TryGet(KnownHeader.TransferEncoding, input, out ReadOnlySpan<byte> value))
        {
            return Http1Error.None;
        }

        if (version is MessageVersion.Http10)
        {
            return Http1Error.TransferEncodingInHttp10; // §6.1: faulty framing even where it parses.
        }

        if (table.Has(KnownHeader.ContentLength))
        {
            return Http1Error.TransferEncodingWithLength;
        }

        IsChunked = table.CountOf(KnownHeader.TransferEncoding) == 1 && Ascii.EqualsIgnoreCase(value, "chunked"u8);
        return IsChunked ? Http1Error.None : Http1Error.TransferEncodingUnsupported;
    }

    /// <summary>Connection options name fields that go no further (RFC 9110 §7.6.1).</summary>
    private Http1Error ReadConnection(ReadOnlySpan<byte> input, HeaderTable table)
    {
        for (int i = table.IndexOf(KnownHeader.Connection); i >= 0 && i < table.Count; i++)
        {
            if (table[i].Known is KnownHeader.Connection)
            {
                Http1Error error = ReadOptions(table[i].Value.In(input), input, table);
                if (error is not Http1Error.None)
                {
                    return error;
                }
            }
        }

        if (table.TryGet(KnownHeader.Te, input, out ReadOnlySpan<byte> te))
        {
            HasTrailersOption = table.CountOf(KnownHeader.Te) == 1 && Ascii.EqualsIgnoreCase(te, "trailers"u8);
        }

        table.Drop(KnownHeader.Connection);
        table.Drop(KnownHeader.KeepAlive);
        table.Drop(KnownHeader.ProxyConnection);
        table.Drop(KnownHeader.Te);
        table.Drop(KnownHeader.TransferEncoding);
        table.Drop(KnownHeader.Upgrade);
        table.Drop(KnownHeader.Http2Settings);
        return Http1Error.None;
    }

    private Http1Error ReadOptions(ReadOnlySpan<byte> list, ReadOnlySpan<byte> input, HeaderTable table)
    {
        while (!list.IsEmpty)
        {
            int comma = list.IndexOf((byte)',');
            ReadOnlySpan<byte> option = Octets.TrimWhitespace(comma < 0 ? list : list[..comma]);
            list = comma < 0 ? default : list[(comma + 1)..];
            if (option.IsEmpty)
            {
                continue; // RFC 9110 §5.6.1.2: empty list elements are ignored.
            }

            Http1Error error = ReadOption(option, input, table);
            if (error is not Http1Error.None)
            {
                return error;
            }
        }

        return Http1Error.None;
    }

    private Http1Error ReadOption(ReadOnlySpan<byte> option, ReadOnlySpan<byte> input, HeaderTable table)
    {
        if (++_options > OptionsMax || !Octets.IsToken(option))
        {
            return Http1Error.ConnectionInvalid;
        }

        if (Ascii.EqualsIgnoreCase(option, "close"u8))
        {
            HasClose = true;
            return Http1Error.None;
        }

        switch (KnownHeaders.Find(option))
        {
            case KnownHeader.KeepAlive:
                HasKeepAlive = true;
                break;
            case KnownHeader.Upgrade:
                HasUpgradeOption = true;
                break;
            // Dropping these would change the message's meaning or hide who asks from policy behind us.
            case KnownHeader.Host or KnownHeader.ContentLength or KnownHeader.Authorization or KnownHeader.Cookie:
                return Http1Error.ConnectionNamesEssential;
            case KnownHeader.Other:
                table.Drop(option, input);
                break;
            case var known:
                table.Drop(known);
                break;
        }

        return Http1Error.None;
    }
}
