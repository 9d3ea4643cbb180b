using System.Text;
using Weft.Policy;

namespace Weft.Unit.Policy;

/// <summary>A request written down by hand; the second implementation of the facts beside the proxy's.</summary>
public sealed class RequestSample : IRequestFacts
{
    private readonly Dictionary<string, byte[]> _headers = [];
    private readonly Dictionary<string, byte[][]> _claims = [];
    private byte[] _method = "GET"u8.ToArray();
    private byte[] _path = "/"u8.ToArray();
    private byte[] _query = [];
    private byte[] _authority = "reviews"u8.ToArray();
    private byte[] _scheme = "http"u8.ToArray();
    private byte[] _principal = [];

    public ReadOnlySpan<byte> Method => _method;

    public ReadOnlySpan<byte> Path => _path;

    public ReadOnlySpan<byte> Query => _query;

    public ReadOnlySpan<byte> Authority => _authority;

    public ReadOnlySpan<byte> Scheme => _scheme;

    public int Port { get; private set; } = 80;

    public IpValue RemoteAddress { get; init; }

    public ReadOnlySpan<byte> RequestPrincipal => _principal;

    /// <summary>"GET http://host/path?query" with headers "name: value" after it, joined when they repeat.</summary>
    public static RequestSample Of(string line, params string[] headers)
    {
        string[] parts = line.Split(' ', 2);
        var sample = new RequestSample { _method = Encoding.UTF8.GetBytes(parts[0]) };
        string rest = parts[1];
        int scheme = rest.IndexOf("://", StringComparison.Ordinal);
        if (scheme >= 0)
        {
            sample._scheme = Encoding.UTF8.GetBytes(rest[..scheme]);
            rest = rest[(scheme + 3)..];
            int slash = rest.IndexOf('/', StringComparison.Ordinal);
            sample._authority = Encoding.UTF8.GetBytes(slash < 0 ? rest : rest[..slash]);
            rest = slash < 0 ? "/" : rest[slash..];
        }

        int query = rest.IndexOf('?', StringComparison.Ordinal);
        sample._path = Encoding.UTF8.GetBytes(query < 0 ? rest : rest[..query]);
        sample._query = query < 0 ? [] : Encoding.UTF8.GetBytes(rest[(query + 1)..]);
        foreach (string header in headers)
        {
            int colon = header.IndexOf(':', StringComparison.Ordinal);
            string name = header[..colon];
            string value = header[(colon + 1)..].Trim();
            sample._headers[name] = Encoding.UTF8.GetBytes(
                sample._headers.TryGetValue(name, out byte[]? before) ? Encoding.UTF8.GetString(before) + "," + value : value);
        }

        return sample;
    }

    public RequestSample WithClaim(string name, params string[] values)
    {
        _claims[name] = [.. values.Select(Encoding.UTF8.GetBytes)];
        return this;
    }

    public RequestSample WithPort(int port)
    {
        Port = port;
        return this;
    }

    public RequestSample WithPrincipal(string principal)
    {
        _principal = Encoding.UTF8.GetBytes(principal);
        return this;
    }

    public bool TryGetHeader(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value)
    {
        foreach (var (name, bytes) in _headers)
        {
            if (Ascii.Equals(lowerCaseName, name))
            {
                value = bytes;
                return true;
            }
        }

        value = default;
        return false;
    }

    public bool TryGetClaim(ReadOnlySpan<byte> name, int index, out ReadOnlySpan<byte> value)
    {
        foreach (var (claim, values) in _claims)
        {
            if (Ascii.Equals(name, claim) && index < values.Length)
            {
                value = values[index];
                return true;
            }
        }

        value = default;
        return false;
    }
}
