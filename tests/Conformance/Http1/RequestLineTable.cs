using Weft.Wire.Http1;
using static Weft.Conformance.Http1.HeadCase;
using static Weft.Wire.Http1.Http1Error;

namespace Weft.Conformance.Http1;

/// <summary>RFC 9112 §2.2, §2.3, §3 and RFC 9110 §9.1: bytes of a line, methods, targets, versions.</summary>
public sealed class RequestLineTable
{
    public static TheoryData<HeadCase> Cases =>
    [
        // §3.1 method = token, case-sensitive
        Line("9112-3.1", "GET / HTTP/1.1", None),
        Line("9112-3.1", "get / HTTP/1.1", None),
        Line("9112-3.1", "M-SEARCH / HTTP/1.1", None),
        Line("9112-3.1", "G(T / HTTP/1.1", MethodInvalid),
        Line("9112-3.1", "G\"T / HTTP/1.1", MethodInvalid),
        Line("9112-3.1", "G\u00e9T / HTTP/1.1", MethodInvalid),
        Line("9112-3.1", " GET / HTTP/1.1", MethodInvalid),
        Line("9112-3.1", "GET\t/ HTTP/1.1 x", MethodInvalid),
        Line("9112-3.1", "GET\t/ HTTP/1.1", RequestLineInvalid),
        Line("9112-3.1", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA / HTTP/1.1", MethodInvalid),

        // §3 exactly two spaces
        Line("9112-3", "GET", RequestLineInvalid),
        Line("9112-3", "GET /", RequestLineInvalid),
        Line("9112-3", "GET HTTP/1.1", RequestLineInvalid),
        Line("9112-3", "GET  / HTTP/1.1", TargetInvalid),
        Line("9112-3", "GET /  HTTP/1.1", TargetInvalid),
        Line("9112-3", "GET / HTTP/1.1 ", VersionInvalid),
        Line("9112-3", "GET /a b HTTP/1.1", TargetInvalid),
        Line("9112-3", "GET / /x HTTP/1.1", TargetInvalid),
        Line("9112-3", "GET\u000b/ HTTP/1.1", ControlByte),
        Line("9112-3", "GET /\u000c HTTP/1.1", ControlByte),

        // §2.3 version = "HTTP/" DIGIT "." DIGIT
        Line("9112-2.3", "GET / HTTP/1.0", None),
        Line("9112-2.3", "GET / HTTP/1.2", VersionUnsupported),
        Line("9112-2.3", "GET / HTTP/2.0", VersionUnsupported),
        Line("9112-2.3", "GET / HTTP/0.9", VersionUnsupported),
        Line("9112-2.3", "GET / http/1.1", VersionInvalid),
        Line("9112-2.3", "GET / HTTP/1.10", VersionInvalid),
        Line("9112-2.3", "GET / HTTP/11", VersionInvalid),
        Line("9112-2.3", "GET / HTTP/1,1", VersionInvalid),
        Line("9112-2.3", "GET / HTTP/01.1", VersionInvalid),
        Line("9112-2.3", "GET / HTTPS/1.1", VersionInvalid),
        Line("9112-2.3", "GET / HTTP /1.1", VersionInvalid),
        Whole("9113-3.4", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", VersionUnsupported),

        // §3.2.1 origin-form
        Line("9112-3.2.1", "GET /a?b=c HTTP/1.1", None),
        Line("9112-3.2.1", "GET /a|b HTTP/1.1", None),
        Line("9112-3.2.1", "GET //a HTTP/1.1", None),
        Line("9112-3.2.1", "GET /a#frag HTTP/1.1", TargetInvalid),
        Line("9112-3.2.1", "GET /\u00e9 HTTP/1.1", TargetInvalid),
        Line("9112-3.2.1", "GET /\u007f HTTP/1.1", ControlByte),
        Line("9112-3.2.1", "GET a HTTP/1.1", TargetFormInvalid),
        Line("9112-3.2.1", "GET ?a HTTP/1.1", TargetFormInvalid),
        Line("9112-3.2.1", "GET \\a HTTP/1.1", TargetFormInvalid),

        // §3.2.2 absolute-form: http and https, one name
        Line("9112-3.2.2", "GET http://a.example/x HTTP/1.1", None),
        Line("9112-3.2.2", "GET HTTP://A.EXAMPLE:80/x HTTP/1.1", None),
        Line("9112-3.2.2", "GET http://a.example HTTP/1.1", None),
        Line("9112-3.2.2", "GET http://a.example?q HTTP/1.1", None),
        Line("9112-3.2.2", "GET http://b.example/x HTTP/1.1", TargetHostMismatch),
        Line("9112-3.2.2", "GET http://a.example:81/x HTTP/1.1", TargetHostMismatch),
        Line("9112-3.2.2", "GET http://user@a.example/x HTTP/1.1", TargetInvalid),
        Line("9112-3.2.2", "GET http:///x HTTP/1.1", TargetInvalid),
        Line("9112-3.2.2", "GET ftp://a.example/x HTTP/1.1", TargetFormInvalid),
        Line("9112-3.2.2", "GET file:///etc/passwd HTTP/1.1", TargetFormInvalid),
        Line("9112-3.2.2", "GET http:/a.example/x HTTP/1.1", TargetFormInvalid),
        Line("9112-3.2.2", "GET http://a.example\\@b.example/ HTTP/1.1", TargetInvalid),

        // §3.2.3 authority-form: CONNECT only
        Line("9112-3.2.3", "CONNECT a.example:443 HTTP/1.1", None),
        Line("9112-3.2.3", "CONNECT a.example HTTP/1.1", TargetFormInvalid),
        Line("9112-3.2.3", "CONNECT a.example: HTTP/1.1", TargetFormInvalid),
        Line("9112-3.2.3", "CONNECT a.example:0 HTTP/1.1", TargetFormInvalid),
        Line("9112-3.2.3", "CONNECT a.example:65536 HTTP/1.1", TargetFormInvalid),
        Line("9112-3.2.3", "CONNECT /x HTTP/1.1", TargetFormInvalid),
        Line("9112-3.2.3", "CONNECT http://a.example/ HTTP/1.1", TargetFormInvalid),
        Line("9112-3.2.3", "CONNECT b.example:443 HTTP/1.1", TargetHostMismatch),
        Line("9112-3.2.3", "GET a.example:443 HTTP/1.1", TargetFormInvalid),

        // §3.2.4 asterisk-form: OPTIONS only
        Line("9112-3.2.4", "OPTIONS * HTTP/1.1", None),
        Line("9112-3.2.4", "GET * HTTP/1.1", TargetFormInvalid),
        Line("9112-3.2.4", "OPTIONS ** HTTP/1.1", TargetFormInvalid),

        // §2.2 line ends
        Whole("9112-2.2", "GET / HTTP/1.1\nHost: a.example\n\n", BareLf),
        Whole("9112-2.2", "GET / HTTP/1.1\r\nHost: a.example\n\r\n", BareLf),
        Whole("9112-2.2", "GET / HTTP/1.1\r\nHost: a.example\r\n\n", BareLf),
        Whole("9112-2.2", "GET / HTTP/1.1\rHost: a.example\r\n\r\n", BareCr),
        Whole("9112-2.2", "GET / HTTP/1.1\r\r\nHost: a.example\r\n\r\n", BareCr),
        Whole("9112-2.2", "GET / HTTP/1.1\r\nHost: a.example\r\r\n\r\n", BareCr),
        Whole("9112-2.2", "GET / HTTP/1.1\r\nHost: a.example\r\n\rX", BareCr),
        Whole("9112-2.2", "GET /\0 HTTP/1.1\r\nHost: a.example\r\n\r\n", NulByte),
        Whole("9112-2.2", "\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n", None),
        Whole("9112-2.2", "\r\n\r\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n", None),
        Whole("9112-2.2", "\nGET / HTTP/1.1\r\nHost: a.example\r\n\r\n", BareLf),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void RequestLine_Row_GetsItsVerdict(HeadCase row) => row.CheckRequest();
}
