using System.Text;

namespace Weft.Conformance.Smuggling;

/// <summary>What must become of an input.</summary>
/// <param name="Reaching">"METHOD /path" of the requests that the backend sees, in order.</param>
/// <param name="Status">The proxy's own answer behind those, which ends the connection; 0: none, the marker behind the input is the last request.</param>
/// <param name="BodyBreaks">The head is good and its body is not: the backend may have seen the first head before anybody could know.</param>
/// <param name="IsCut">The input says that more comes, and the client ends instead.</param>
internal sealed record SmugglingOutcome(string[] Reaching, int Status = 0, bool BodyBreaks = false, bool IsCut = false);

/// <summary>Bytes that careless readers cut into requests differently, and the one way in which they may be cut.</summary>
public sealed record SmugglingCase
{
    /// <summary>Stands behind every input: whoever reads the input's end elsewhere sees this elsewhere.</summary>
    internal const string Marker = "GET /marker HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

    /// <summary>What an attacker wants the backend to see.</summary>
    internal const string Smuggled = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

    private SmugglingCase(string section, string bytes, SmugglingOutcome outcome)
    {
        Section = section;
        Bytes = bytes;
        Outcome = outcome;
    }

    internal string Section { get; }

    internal string Bytes { get; }

    internal SmugglingOutcome Outcome { get; }

    internal byte[] Input => Encoding.Latin1.GetBytes(Bytes + Marker);

    public override string ToString() => $"{Section} {Bytes.Replace("\r", "\\r").Replace("\n", "\\n").Replace("\0", "\\0")}";

    internal static SmugglingCase Refused(string section, string bytes, int status = 400) => new(section, bytes, new SmugglingOutcome([], status));

    internal static SmugglingCase Passes(string section, string bytes, params string[] reaching) => new(section, bytes, new SmugglingOutcome([.. reaching, "GET /marker"]));

    /// <summary>The requests of the input are good, and the connection is not used behind them.</summary>
    internal static SmugglingCase Ends(string section, string bytes, params string[] reaching) => new(section, bytes, new SmugglingOutcome(reaching));

    internal static SmugglingCase PassesThenRefused(string section, string bytes, int status, params string[] reaching) => new(section, bytes, new SmugglingOutcome(reaching, status));

    internal static SmugglingCase BodyBreaks(string section, string bytes) => new(section, bytes, new SmugglingOutcome([], BodyBreaks: true));

    internal static SmugglingCase Cut(string section, string bytes) => new(section, bytes, new SmugglingOutcome([], IsCut: true));

    /// <summary>A POST with a right Host, the given field lines and body.</summary>
    internal static string Post(string fields, string body = "") => $"POST /first HTTP/1.1\r\nHost: a\r\n{fields}\r\n\r\n{body}";

    internal static string Chunked(string body) => Post("Transfer-Encoding: chunked", body);

    /// <summary>A whole request from its first line on, with a Host.</summary>
    internal static string Line(string line, string fields = "") => $"{line}\r\nHost: a\r\n{fields}\r\n";
}
