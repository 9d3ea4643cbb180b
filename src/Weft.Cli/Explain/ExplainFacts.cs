using System.Text;
using System.Text.Json.Nodes;
using Weft.Policy;
using Weft.Wire.Http1;
using HttpMethod = Weft.Wire.Http1.HttpMethod;

namespace Weft.Cli.Explain;

/// <summary>The described request, seen as the proxy sees a real one: its canonical form is made by the proxy's own code.</summary>
internal sealed class ExplainFacts : IRequestFacts
{
    private readonly CanonicalRequest _canonical = new();
    private readonly Dictionary<string, byte[]> _headers = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<byte[]>> _claims = new(StringComparer.Ordinal);
    private readonly byte[] _method;
    private readonly byte[] _scheme;

    private ExplainFacts(ExplainRequest request, bool tls)
    {
        _method = Encoding.UTF8.GetBytes(request.Method.ToUpperInvariant());
        _scheme = tls ? "https"u8.ToArray() : "http"u8.ToArray();
        foreach ((string name, string value) in request.Headers)
        {
            string lower = name.ToLowerInvariant();
            // Several fields of one name are one list (RFC 9110 §5.3).
            _headers[lower] = _headers.TryGetValue(lower, out byte[]? before) ? [.. before, .. ","u8, .. Encoding.UTF8.GetBytes(value)] : Encoding.UTF8.GetBytes(value);
        }
        if (request.To.Scheme == "grpc")
        {
            _headers.TryAdd("content-type", "application/grpc"u8.ToArray());
            _headers.TryAdd("te", "trailers"u8.ToArray());
        }
        if (request.Claims is { } claims)
        {
            AddClaims("", claims);
        }
    }

    public ReadOnlySpan<byte> Method => _method;

    public ReadOnlySpan<byte> Path => _canonical.Path;

    public ReadOnlySpan<byte> Query => _canonical.Query;

    public ReadOnlySpan<byte> Authority => _canonical.Authority;

    public ReadOnlySpan<byte> Host => _canonical.Host;

    public ReadOnlySpan<byte> Scheme => _scheme;

    public int Port { get; set; }

    public IpValue RemoteAddress => default;

    public ReadOnlySpan<byte> RequestPrincipal => Principal;

    /// <summary>Set once the workload's issuers have judged the token.</summary>
    public byte[] Principal { get; set; } = [];

    /// <summary>Claims count only after the token was accepted.</summary>
    public bool ClaimsTrusted { get; set; }

    /// <summary>Null with the reason when a proxy would refuse the request as malformed.</summary>
    public static ExplainFacts? Create(ExplainRequest request, bool tls, out string refused)
    {
        ExplainFacts facts = new(request, tls);
        // A gRPC request has its scheme in neither host nor path; Uri keeps the escapes as written.
        byte[] path = Encoding.UTF8.GetBytes(request.To.AbsolutePath);
        byte[] query = Encoding.UTF8.GetBytes(request.To.Query);
        string authority = request.Headers.LastOrDefault(h => h.Name.Equals("host", StringComparison.OrdinalIgnoreCase) || h.Name == ":authority").Value ?? request.To.Authority;
        HttpMethod method = request.To.Scheme == "grpc" ? HttpMethod.Post : HttpMethods.Find(facts._method);
        bool good = facts._canonical.TrySet(method, path, query, Encoding.UTF8.GetBytes(authority), tls, out Http1Error error);
        refused = good ? "" : $"The proxy refuses the request as malformed: {error}.";
        return good ? facts : null;
    }

    public bool TryGetHeader(ReadOnlySpan<byte> lowerCaseName, out ReadOnlySpan<byte> value)
    {
        bool found = _headers.TryGetValue(Encoding.UTF8.GetString(lowerCaseName), out byte[]? bytes);
        value = bytes;
        return found;
    }

    public bool TryGetClaim(ReadOnlySpan<byte> name, int index, out ReadOnlySpan<byte> value)
    {
        value = default;
        if (!ClaimsTrusted || !_claims.TryGetValue(Encoding.UTF8.GetString(name), out List<byte[]>? values) || index >= values.Count)
        {
            return false;
        }
        value = values[index];
        return true;
    }

    private void AddClaims(string prefix, JsonObject claims)
    {
        foreach ((string name, JsonNode? value) in claims)
        {
            string full = prefix + name;
            switch (value)
            {
                case JsonObject nested:
                    AddClaims(full + ".", nested);
                    break;
                case JsonArray list:
                    _claims[full] = [.. list.Select(v => Encoding.UTF8.GetBytes(v?.ToString() ?? ""))];
                    break;
                case not null:
                    // RFC 8693 §4.2: scope is a list between spaces; Istio reads permission so, too.
                    string text = value.ToString();
                    _claims[full] = [.. (name is "scope" or "permission" ? text.Split(' ') : [text]).Select(Encoding.UTF8.GetBytes)];
                    break;
            }
        }
    }
}
