using System.Text;
using Weft.Wire;
using Weft.Wire.Http1;
using Xunit.Sdk;

namespace Weft.Conformance.Http1;

/// <summary>One head and the verdict that the RFC, or the stricter rule of a proxy, has for it.</summary>
public sealed record HeadCase(string Section, string Bytes, Http1Error Verdict, BodyFraming Framing = BodyFraming.None)
{
    internal byte[] Input => Encoding.Latin1.GetBytes(Bytes);

    public override string ToString() => $"{Section} {Bytes.Replace("\r", "\\r").Replace("\n", "\\n").Replace("\0", "\\0")} => {Verdict}";

    /// <summary>Every byte as given.</summary>
    internal static HeadCase Whole(string section, string bytes, Http1Error verdict) => new(section, bytes, verdict);

    /// <summary>A request with a right Host and the given fields.</summary>
    internal static HeadCase Fields(string section, string fields, Http1Error verdict, BodyFraming framing = BodyFraming.None) =>
        new(section, $"POST /x HTTP/1.1\r\nHost: a.example\r\n{fields}\r\n\r\n", verdict, framing);

    /// <summary>A whole request from its first line.</summary>
    internal static HeadCase Line(string section, string line, Http1Error verdict) =>
        new(section, $"{line}\r\nHost: a.example\r\n\r\n", verdict);

    internal void CheckRequest()
    {
        var head = new RequestHead();
        ReadStatus status = head.Read(Input, Http1Limits.Default);
        Check(status, head.Error, head.Framing);
    }

    internal void Check(ReadStatus status, Http1Error error, BodyFraming framing)
    {
        Assert.Equal(Verdict, error);
        Assert.Equal(Http1Errors.ReadStatusOf(Verdict), status);
        if (Verdict is Http1Error.None)
        {
            Assert.Equal(Framing, framing);
        }
    }
}
