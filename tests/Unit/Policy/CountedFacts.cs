using Weft.Policy;

namespace Weft.Unit.Policy;

/// <summary>A request that counts how often somebody looks at its path, its query or a header.</summary>
internal sealed class CountedFacts(RequestSample inner) : IRequestFacts
{
    public int Reads { get; set; }

    public ReadOnlySpan<byte> Method => inner.Method;

    public ReadOnlySpan<byte> Path
    {
        get
        {
            Reads++;
            return inner.Path;
        }
    }

    public ReadOnlySpan<byte> Query
    {
        get
        {
            Reads++;
            return inner.Query;
        }
    }

    public ReadOnlySpan<byte> Authority => inner.Authority;

    public ReadOnlySpan<byte> Scheme => inner.Scheme;

    public int Port => inner.Port;

    public IpValue RemoteAddress => inner.RemoteAddress;

    public ReadOnlySpan<byte> RequestPrincipal => inner.RequestPrincipal;

    public bool TryGetHeader(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value)
    {
        Reads++;
        return inner.TryGetHeader(lowerCaseName, out value);
    }

    public bool TryGetClaim(ReadOnlySpan<byte> name, int index, out ReadOnlySpan<byte> value) => inner.TryGetClaim(name, index, out value);
}
