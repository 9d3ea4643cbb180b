using System.Text;
using Weft.Conformance.Http2;
using static Weft.Conformance.Http2.Http2Wire;

namespace Weft.Conformance.Smuggling;

/// <summary>One request of HTTP/2 that would be another one, or two, in HTTP/1; and what must become of it.</summary>
/// <remarks>Whatever the answer, at most this one request reaches the server, whole and well-formed.</remarks>
public sealed record DowngradeCase
{
    private DowngradeCase(string section, string name, string frames) => (Section, Name, Frames) = (section, name, frames);

    internal string Section { get; }

    internal string Name { get; }

    /// <summary>On stream 1, in hexadecimal.</summary>
    internal string Frames { get; }

    /// <summary>"METHOD /path" at the server; null: nothing reaches it.</summary>
    internal string? Reaching { get; private init; }

    /// <summary>The answer's; 0: the stream or the connection ends with an error.</summary>
    internal int Status { get; private init; }

    /// <summary>What the server must read as the content, trailers behind a bar each.</summary>
    internal string Body { get; private init; } = "";

    /// <summary>Name and value at the server; an empty value: the field is not there.</summary>
    internal (string Name, string Value)? Field { get; private init; }

    /// <summary>The head is right and what follows is not: the server may have seen the head before anybody could know.</summary>
    internal bool BodyBreaks { get; private init; }

    public override string ToString() => $"{Section} {Name}";

    internal static DowngradeCase Refused(string section, string name, string frames) => new(section, name, frames);

    internal static DowngradeCase Answered(string section, string name, string frames, int status) => new(section, name, frames) { Status = status };

    internal static DowngradeCase Breaks(string section, string name, string frames) => new(section, name, frames) { BodyBreaks = true };

    internal static DowngradeCase Passes(string section, string name, string frames, string reaching = "GET /first", string body = "", string field = "", string value = "", int status = 200) =>
        new(section, name, frames) { Reaching = reaching, Body = body, Status = status, Field = field.Length == 0 ? null : (field, value) };

    /// <summary>A whole request without content: pseudo-header fields, then the others, each written out.</summary>
    internal static string Get(params string[] fields) => Request("GET", "/first", isEnd: true, fields);

    /// <summary>A POST whose content follows, in one frame that ends it.</summary>
    internal static string Post(string content, params string[] fields) => Request("POST", "/first", isEnd: false, fields) + Data(content);

    internal static string Request(string method, string path, bool isEnd, params string[] fields) =>
        Head(isEnd, [$":method: {method}", ":scheme: http", $":path: {path}", ":authority: a", .. fields]);

    /// <summary>HEADERS with "name: value" each as they stand, right or wrong.</summary>
    internal static string Head(bool isEnd, params string[] fields) => Frame(1, isEnd ? 5 : 4, 1, string.Concat(fields.Select(Literal)));

    internal static string Data(string content, bool isEnd = true) => Frame(0, isEnd ? 1 : 0, 1, Hex(content));

    /// <summary>A literal without indexing (RFC 7541 §6.2.2). The name ends at the first ": " that does not begin it.</summary>
    private static string Literal(string field)
    {
        int colon = field.IndexOf(": ", Math.Min(1, field.Length), StringComparison.Ordinal);
        (string name, string value) = colon < 0 ? ("", field[2..]) : (field[..colon], field[(colon + 2)..]);
        return $"00{Length(name.Length)}{Hex(name)}{Length(value.Length)}{Hex(value)}";
    }

    /// <summary>RFC 7541 §5.1 with a prefix of 7 bits.</summary>
    private static string Length(int length)
    {
        if (length < 127)
        {
            return $"{length:X2}";
        }

        var text = new StringBuilder("7F");
        int rest = length - 127;
        for (; rest >= 128; rest >>= 7)
        {
            text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{(rest & 0x7F) | 0x80:X2}");
        }

        return text.Append(System.Globalization.CultureInfo.InvariantCulture, $"{rest:X2}").ToString();
    }

    private static string Hex(string text) => Convert.ToHexString(Encoding.Latin1.GetBytes(text));
}
