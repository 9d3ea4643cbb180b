using System.Text;
using Weft.Policy;

namespace Weft.Bench.Micro;

/// <summary>A request whose parts stand ready, as the proxy's do after its head was read.</summary>
internal sealed class MicroFacts(string path, string query = "", string header = "", string value = "") : IRequestFacts
{
    private readonly byte[] _path = Encoding.ASCII.GetBytes(path);
    private readonly byte[] _query = Encoding.ASCII.GetBytes(query);
    private readonly byte[] _header = Encoding.ASCII.GetBytes(header);
    private readonly byte[] _value = Encoding.ASCII.GetBytes(value);

    public ReadOnlySpan<byte> Method => "GET"u8;

    public ReadOnlySpan<byte> Path => _path;

    public ReadOnlySpan<byte> Query => _query;

    public ReadOnlySpan<byte> Authority => "shop.example.com"u8;

    public ReadOnlySpan<byte> Scheme => "http"u8;

    public int Port => 80;

    public IpValue RemoteAddress => default;

    public ReadOnlySpan<byte> RequestPrincipal => default;

    public bool TryGetHeader(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value)
    {
        value = _value;
        return lowerCaseName.SequenceEqual(_header);
    }

    public bool TryGetClaim(ReadOnlySpan<byte> name, int index, out ReadOnlySpan<byte> value)
    {
        value = default;
        return false;
    }
}
