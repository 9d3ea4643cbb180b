using System.Buffers.Text;
using System.Text;

namespace Weft.Wire.Http1;

/// <summary>
/// The one form of a request's target that routes, authorization and forwarding share. Owned by a connection and reused by
/// every request on it; it holds copies, so it outlives the read buffer's next move.
/// </summary>
public sealed class CanonicalRequest
{
    private byte[] _bytes = new byte[512];
    private int _pathLength;
    private int _queryStart;
    private int _queryLength;
    private int _authorityStart;
    private int _hostLength;
    private int _authorityLength;

    /// <summary>Normalized once, see <see cref="PathRule"/>; "*" for OPTIONS *, empty for CONNECT. Never with a query.</summary>
    public ReadOnlySpan<byte> Path => _bytes.AsSpan(0, _pathLength);

    /// <summary>As it came, without the "?".</summary>
    public ReadOnlySpan<byte> Query => _queryLength == 0 ? default : _bytes.AsSpan(_queryStart + 1, _queryLength - 1);

    /// <summary>As it came, with the "?"; empty when there is none.</summary>
    public ReadOnlySpan<byte> QueryWithMark => _bytes.AsSpan(_queryStart, _queryLength);

    /// <summary>Lower case, without port and without a final dot; an IPv6 address in brackets.</summary>
    public ReadOnlySpan<byte> Host => _bytes.AsSpan(_authorityStart, _hostLength);

    /// <summary>The port as written, or 0.</summary>
    public int Port { get; private set; }

    /// <summary>Host with its port, unless that is the scheme's default.</summary>
    public ReadOnlySpan<byte> Authority => _bytes.AsSpan(_authorityStart, _authorityLength);

    public bool IsHttps { get; private set; }

    public HttpMethod Method { get; private set; }

    /// <summary>Takes the target of a head that was read. False: <paramref name="error"/> says why it is refused.</summary>
    /// <param name="isHttps">Whether the listener terminated TLS for the client; a target with https says so, too.</param>
    public bool TrySet(RequestHead head, ReadOnlySpan<byte> input, bool isHttps, out Http1Error error)
    {
        IsHttps = isHttps || head.IsHttpsTarget;
        Method = head.MethodKind;
        ReadOnlySpan<byte> path = head.Form switch
        {
            TargetForm.Authority => default,
            TargetForm.Asterisk => "*"u8,
            _ => head.RawPath.In(input),
        };
        ReadOnlySpan<byte> query = head.HasQuery ? input[(head.RawQuery.Start - 1)..head.RawQuery.End] : default;
        return TrySet(path, query, head.RawAuthority.In(input), out error);
    }

    /// <summary>The same from parts, as HTTP/2 pseudo-header fields give them.</summary>
    public bool TrySet(
        HttpMethod method, ReadOnlySpan<byte> path, ReadOnlySpan<byte> queryWithMark, ReadOnlySpan<byte> authority, bool isHttps, out Http1Error error)
    {
        IsHttps = isHttps;
        Method = method;
        return TrySet(path, queryWithMark, authority, out error);
    }

    private bool TrySet(ReadOnlySpan<byte> path, ReadOnlySpan<byte> query, ReadOnlySpan<byte> authority, out Http1Error error)
    {
        const int portBytesMax = 6;
        int needed = path.Length + 1 + query.Length + authority.Length + portBytesMax;
        if (_bytes.Length < needed)
        {
            _bytes = new byte[Math.Max(needed, _bytes.Length * 2)];
        }

        error = Http1Error.PathEncodingInvalid;
        if (!TryPath(path))
        {
            return false;
        }

        _queryStart = _pathLength;
        _queryLength = query.Length;
        query.CopyTo(_bytes.AsSpan(_queryStart));
        _authorityStart = _queryStart + _queryLength;
        error = Http1Error.HostInvalid;
        if (!TryAuthority(authority))
        {
            return false;
        }

        error = Http1Error.None;
        return true;
    }

    private bool TryPath(ReadOnlySpan<byte> path)
    {
        if (Method is HttpMethod.Connect || path is [(byte)'*'])
        {
            path.CopyTo(_bytes);
            _pathLength = path.Length;
            return true;
        }

        return PathRule.TryNormalize(path, _bytes, out _pathLength);
    }

    private bool TryAuthority(ReadOnlySpan<byte> authority)
    {
        Port = 0;
        _hostLength = 0;
        _authorityLength = 0;
        if (authority.IsEmpty)
        {
            return true; // HTTP/1.0 without Host.
        }

        if (!HostRule.TrySplit(authority, out ReadOnlySpan<byte> host, out int port))
        {
            return false;
        }

        host = host[^1] == '.' ? host[..^1] : host;
        Span<byte> output = _bytes.AsSpan(_authorityStart);
        _ = Ascii.ToLower(host, output, out _hostLength);
        Port = port;
        _authorityLength = _hostLength;
        if (port != 0 && port != (IsHttps ? 443 : 80))
        {
            output[_hostLength] = (byte)':';
            _ = Utf8Formatter.TryFormat(port, output[(_hostLength + 1)..], out int digits);
            _authorityLength += digits + 1;
        }

        return true;
    }
}
