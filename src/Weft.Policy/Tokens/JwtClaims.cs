using System.Text;
using System.Text.Json;
using Weft.Policy.Matching;

namespace Weft.Policy.Tokens;

/// <summary>What a token that was verified says. Immutable; kept as long as its token is remembered.</summary>
public sealed class JwtClaims
{
    /// <summary>Claims that are nested deeper have no name that a rule could ask for.</summary>
    private const int DepthMax = 8;

    /// <summary>Further than any clock goes, and far from where sums overflow.</summary>
    private const double SecondsMax = 1e15;

    private readonly ByteMap<List<byte[]>> _values = new();

    internal JwtClaims(JsonElement payload, byte[] encoded)
    {
        Encoded = encoded;
        Collect(payload, string.Empty, 0);
        string issuer = Text(payload, "iss");
        string subject = Text(payload, "sub");
        Principal = new Utf8Text(subject.Length > 0 ? $"{issuer}/{subject}" : issuer);
        Expires = Seconds(payload, "exp");
        NotBefore = Seconds(payload, "nbf");
    }

    /// <summary>"issuer/subject".</summary>
    public Utf8Text Principal { get; }

    /// <summary>The payload as it stood in the token.</summary>
    public ReadOnlyMemory<byte> Encoded { get; }

    /// <summary>Unix seconds; null: never.</summary>
    internal long? Expires { get; }

    internal long? NotBefore { get; }

    public bool TryGet(ReadOnlySpan<byte> name, int index, out ReadOnlySpan<byte> value)
    {
        bool found = _values.TryGet(name, out var values) && index < values.Count;
        value = found ? values![index] : default;
        return found;
    }

    internal bool Has(ReadOnlySpan<byte> name, ReadOnlySpan<byte> value)
    {
        if (_values.TryGet(name, out var values))
        {
            foreach (byte[] own in values)
            {
                if (value.SequenceEqual(own))
                {
                    return true;
                }
            }
        }

        return false;
    }

    internal static string Text(JsonElement element, string name) =>
        element.ValueKind is JsonValueKind.Object && element.TryGetProperty(name, out var value) && value.ValueKind is JsonValueKind.String ? value.GetString() ?? string.Empty : string.Empty;

    // RFC 7519 §2, NumericDate. One that is there and no number is a broken token, not one without an end.
    private static long? Seconds(JsonElement payload, string name)
    {
        if (!payload.TryGetProperty(name, out var value))
        {
            return null;
        }

        return value.ValueKind is JsonValueKind.Number && value.TryGetDouble(out double seconds)
            ? (long)Math.Clamp(seconds, -SecondsMax, SecondsMax)
            : throw new FormatException($"{name} is not a number");
    }

    /// <summary>Names of nested claims are joined by dots; lists have several values.</summary>
    private void Collect(JsonElement element, string name, int depth)
    {
        switch (element.ValueKind)
        {
            case JsonValueKind.Object when depth < DepthMax:
                foreach (var field in element.EnumerateObject())
                {
                    Collect(field.Value, name.Length == 0 ? field.Name : $"{name}.{field.Name}", depth + 1);
                }

                break;
            case JsonValueKind.Array when depth < DepthMax:
                foreach (var item in element.EnumerateArray())
                {
                    Collect(item, name, depth + 1);
                }

                break;
            case JsonValueKind.String:
                string text = element.GetString() ?? string.Empty;

                // Istio: these two are lists between spaces (RFC 8693 §4.2).
                foreach (string value in name is "scope" or "permission" ? text.Split(' ', StringSplitOptions.RemoveEmptyEntries) : [text])
                {
                    Add(name, value);
                }

                break;
            case JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False:
                Add(name, element.GetRawText());
                break;
        }
    }

    private void Add(string name, string value) => _values.GetOrAdd(Encoding.UTF8.GetBytes(name), static () => []).Add(Encoding.UTF8.GetBytes(value));
}
