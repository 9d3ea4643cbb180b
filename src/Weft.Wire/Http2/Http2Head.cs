using System.Text;
using Weft.Wire.Http1;

namespace Weft.Wire.Http2;

/// <summary>Checks field sections as strictly as HTTP/1 heads are (RFC 9113 §8.1–§8.5, RFC 8441 §4), so that either may be forwarded as the other.</summary>
/// <remarks>What it found is given as indexes into the list, or -1.</remarks>
public struct Http2Head
{
    private const int Missing = -1;

    private int _status;

    public Http2Head()
    {
        MethodIndex = SchemeIndex = AuthorityIndex = PathIndex = ProtocolIndex = _status = Missing;
        ContentLength = Missing;
    }

    public int MethodIndex { get; private set; }

    public int SchemeIndex { get; private set; }

    public int AuthorityIndex { get; private set; }

    public int PathIndex { get; private set; }

    /// <summary>RFC 8441: extended CONNECT.</summary>
    public int ProtocolIndex { get; private set; }

    public Weft.Wire.Http1.HttpMethod Method { get; private set; }

    /// <summary>Responses.</summary>
    public int Status { get; private set; }

    /// <summary>-1 when there is none.</summary>
    public long ContentLength { get; private set; }

    /// <summary>The first field behind the pseudo-header fields.</summary>
    public int FirstField { get; private set; }

    public static Http2HeadError ReadRequest(HeaderList list, out Http2Head head)
    {
        head = new Http2Head();
        Http2HeadError error = head.ReadFields(list);
        return error is Http2HeadError.None ? head.CheckRequest(list) : error;
    }

    public static Http2HeadError ReadResponse(HeaderList list, out Http2Head head)
    {
        head = new Http2Head();
        Http2HeadError error = head.ReadFields(list);
        if (error is not Http2HeadError.None)
        {
            return error;
        }

        bool hasRequestField = (head.MethodIndex & head.SchemeIndex & head.AuthorityIndex & head.PathIndex & head.ProtocolIndex) != Missing;
        if (hasRequestField)
        {
            return Http2HeadError.PseudoForbidden;
        }

        return head._status == Missing ? Http2HeadError.PseudoMissing : head.ReadStatus(list.Value(head._status));
    }

    /// <summary>A section behind the content: no pseudo-header field, and none that ChunkedReader would refuse (§8.1).</summary>
    public static Http2HeadError CheckTrailers(HeaderList list)
    {
        for (int i = 0; i < list.Count; i++)
        {
            if (!list.Name(i).IsEmpty && list.Name(i)[0] == ':')
            {
                return Http2HeadError.PseudoForbidden;
            }

            Http2HeadError error = CheckField(list, i);
            if (error is not Http2HeadError.None)
            {
                return error;
            }

            if (TrailerRule.IsForbidden(list.Known(i)))
            {
                return Http2HeadError.TrailerForbidden;
            }
        }

        return Http2HeadError.None;
    }

    private Http2HeadError ReadFields(HeaderList list)
    {
        bool pseudoAllowed = true;
        for (int i = 0; i < list.Count; i++)
        {
            bool isPseudo = !list.Name(i).IsEmpty && list.Name(i)[0] == ':';
            if (isPseudo && !pseudoAllowed)
            {
                return Http2HeadError.PseudoAfterField;
            }

            FirstField += isPseudo ? 1 : 0;
            pseudoAllowed = isPseudo;
            Http2HeadError error = isPseudo ? TakePseudo(list, i) : TakeField(list, i);
            if (error is not Http2HeadError.None)
            {
                return error;
            }
        }

        return Http2HeadError.None;
    }

    private Http2HeadError TakePseudo(HeaderList list, int index)
    {
        int before;
        switch (list.Name(index))
        {
            case var n when n.SequenceEqual(":method"u8):
                (before, MethodIndex) = (MethodIndex, index);
                break;
            case var n when n.SequenceEqual(":path"u8):
                (before, PathIndex) = (PathIndex, index);
                break;
            case var n when n.SequenceEqual(":scheme"u8):
                (before, SchemeIndex) = (SchemeIndex, index);
                break;
            case var n when n.SequenceEqual(":authority"u8):
                (before, AuthorityIndex) = (AuthorityIndex, index);
                break;
            case var n when n.SequenceEqual(":status"u8):
                (before, _status) = (_status, index);
                break;
            case var n when n.SequenceEqual(":protocol"u8):
                (before, ProtocolIndex) = (ProtocolIndex, index);
                break;
            default:
                return Http2HeadError.PseudoUnknown;
        }

        return before == Missing ? Http2HeadError.None : Http2HeadError.PseudoRepeated;
    }

    private Http2HeadError TakeField(HeaderList list, int index)
    {
        Http2HeadError error = CheckField(list, index);
        if (error is not Http2HeadError.None || list.Known(index) is not KnownHeader.ContentLength)
        {
            return error;
        }

        bool ok = ContentLength == Missing && MessageFields.TryLength(list.Value(index), out long length) && SetLength(length);
        return ok ? Http2HeadError.None : Http2HeadError.ContentLengthInvalid;
    }

    private bool SetLength(long length)
    {
        ContentLength = length;
        return true;
    }

    private static Http2HeadError CheckField(HeaderList list, int index)
    {
        ReadOnlySpan<byte> name = list.Name(index);
        if (!Octets.IsToken(name) || name.ContainsAnyInRange((byte)'A', (byte)'Z'))
        {
            return Http2HeadError.NameInvalid; // §8.2.1
        }

        ReadOnlySpan<byte> value = list.Value(index);
        if (value.ContainsAny(Octets.Controls) || (!value.IsEmpty && (value[0] is (byte)' ' or (byte)'\t' || value[^1] is (byte)' ' or (byte)'\t')))
        {
            return Http2HeadError.ValueInvalid; // §8.2.1
        }

        return list.Known(index) switch
        {
            KnownHeader.Connection or KnownHeader.KeepAlive or KnownHeader.ProxyConnection or KnownHeader.TransferEncoding or KnownHeader.Upgrade =>
                Http2HeadError.ConnectionField, // §8.2.2
            KnownHeader.Te when !Ascii.EqualsIgnoreCase(value, "trailers"u8) => Http2HeadError.TeInvalid,
            _ => Http2HeadError.None,
        };
    }

    private Http2HeadError CheckRequest(HeaderList list)
    {
        if (_status != Missing)
        {
            return Http2HeadError.PseudoForbidden;
        }

        if (MethodIndex == Missing)
        {
            return Http2HeadError.PseudoMissing;
        }

        ReadOnlySpan<byte> method = list.Value(MethodIndex);
        if (method.Length > HttpMethods.LengthMax || !Octets.IsToken(method))
        {
            return Http2HeadError.MethodInvalid;
        }

        Method = HttpMethods.Find(method);
        if (Method is Weft.Wire.Http1.HttpMethod.Connect && ProtocolIndex == Missing)
        {
            // §8.5: CONNECT names its target in :authority and nothing else.
            bool isWhole = AuthorityIndex != Missing && SchemeIndex == Missing && PathIndex == Missing;
            return isWhole ? CheckAuthority(list, portRequired: true) : Http2HeadError.PseudoForbidden;
        }

        if (ProtocolIndex != Missing && Method is not Weft.Wire.Http1.HttpMethod.Connect)
        {
            return Http2HeadError.PseudoForbidden; // RFC 8441 §4
        }

        if (ProtocolIndex != Missing && !UpgradeRule.IsProtocol(list.Value(ProtocolIndex)))
        {
            return Http2HeadError.ProtocolInvalid; // it becomes the value of a field
        }

        if (SchemeIndex == Missing || PathIndex == Missing)
        {
            return Http2HeadError.PseudoMissing;
        }

        if (!list.Value(SchemeIndex).SequenceEqual("http"u8) && !list.Value(SchemeIndex).SequenceEqual("https"u8))
        {
            return Http2HeadError.SchemeInvalid;
        }

        return IsPath(list.Value(PathIndex)) ? CheckAuthority(list, portRequired: false) : Http2HeadError.PathInvalid;
    }

    private readonly bool IsPath(ReadOnlySpan<byte> path) =>
        !path.IsEmpty && !path.ContainsAnyExcept(Octets.Target)
        && (path[0] == '/' || (Method is Weft.Wire.Http1.HttpMethod.Options && path is [(byte)'*']));

    /// <summary>§8.3.1: Host is for requests that came as HTTP/1; where both stand they are one name.</summary>
    private Http2HeadError CheckAuthority(HeaderList list, bool portRequired)
    {
        int host = Missing;
        for (int i = FirstField; i < list.Count; i++)
        {
            if (list.Known(i) is KnownHeader.Host)
            {
                if (host != Missing)
                {
                    return Http2HeadError.AuthorityMismatch;
                }

                host = i;
            }
        }

        if (AuthorityIndex != Missing && host != Missing && !Ascii.EqualsIgnoreCase(list.Value(AuthorityIndex), list.Value(host)))
        {
            return Http2HeadError.AuthorityMismatch;
        }

        AuthorityIndex = AuthorityIndex == Missing ? host : AuthorityIndex;
        bool ok = AuthorityIndex != Missing && HostRule.TrySplit(list.Value(AuthorityIndex), out _, out int port) && (port != 0 || !portRequired);
        return ok ? Http2HeadError.None : Http2HeadError.AuthorityInvalid;
    }

    private Http2HeadError ReadStatus(ReadOnlySpan<byte> text)
    {
        if (text.Length != 3 || text.ContainsAnyExceptInRange((byte)'0', (byte)'9') || text[0] == '0')
        {
            return Http2HeadError.StatusInvalid;
        }

        Status = ((text[0] - '0') * 100) + ((text[1] - '0') * 10) + text[2] - '0';
        return Status == 101 ? Http2HeadError.StatusInvalid : Http2HeadError.None; // §8.6: 101 has no meaning here
    }
}
