using Weft.Wire.Http1;
using static Weft.Conformance.Http1.HeadCase;
using static Weft.Wire.Http1.Http1Error;

namespace Weft.Conformance.Http1;

/// <summary>RFC 9112 §5, §3.2 and RFC 9110 §5.5, §7.2, §7.6.1, §10.1.1: field lines, Host, connection options, Expect.</summary>
public sealed class FieldTable
{
    public static TheoryData<HeadCase> Cases =>
    [
        // §5 field-line = field-name ":" OWS field-value OWS
        Fields("9112-5", "X: y", None),
        Fields("9112-5", "X:y", None),
        Fields("9112-5", "X: \t y \t ", None),
        Fields("9112-5", "X:", None),
        Fields("9112-5", "X: a:b:c", None),
        Fields("9110-5.5", "X: \u00e9", None),
        Fields("9110-5.5", "X: a\tb", None),
        Fields("9112-5", "X", ColonMissing),
        Fields("9112-5", "X y", ColonMissing),
        Fields("9112-5", ": y", FieldNameInvalid),
        Fields("9112-5", "X(: y", FieldNameInvalid),
        Fields("9112-5", "X\u00e9: y", FieldNameInvalid),
        Fields("9112-5", "\"X\": y", FieldNameInvalid),
        Fields("9112-5", "X/Y: y", FieldNameInvalid),
        Fields("9112-5", "X[]: y", FieldNameInvalid),
        Fields("9112-5", "X;a: y", FieldNameInvalid),
        Fields("9112-5", "X@: y", FieldNameInvalid),

        // §5.1 no whitespace before the colon
        Fields("9112-5.1", "X : y", SpaceBeforeColon),
        Fields("9112-5.1", "X\t: y", SpaceBeforeColon),
        Fields("9112-5.1", "Content-Length : 5", SpaceBeforeColon),
        Fields("9112-5.1", "Transfer-Encoding : chunked", SpaceBeforeColon),
        Fields("9112-5.1", "Transfer Encoding: chunked", SpaceBeforeColon),

        // §5.2 no folding, also not as the first line
        Fields("9112-5.2", "X: y\r\n z", ObsoleteFold),
        Fields("9112-5.2", "X: y\r\n\tz: w", ObsoleteFold),
        Fields("9112-5.2", "Transfer-Encoding:\r\n chunked", ObsoleteFold),
        Whole("9112-5.2", "GET / HTTP/1.1\r\n Host: a.example\r\n\r\n", ObsoleteFold),

        // 9110 §5.5 no control bytes in values
        Fields("9110-5.5", "X: a\0b", NulByte),
        Fields("9110-5.5", "X: a\u0001b", ControlByte),
        Fields("9110-5.5", "X: a\u001bb", ControlByte),
        Fields("9110-5.5", "X: a\u007fb", ControlByte),
        Fields("9110-5.5", "X: a\u000bchunked", ControlByte),
        Fields("9110-5.5", "X: a\rb", BareCr),
        Fields("9110-5.5", "X: a\nTransfer-Encoding: chunked", BareLf),
        Fields("9110-5.5", "X\0: a", NulByte),

        // §3.2 Host: once, valid, needed
        Whole("9112-3.2", "GET / HTTP/1.1\r\n\r\n", HostMissing),
        Whole("9112-3.2", "GET http://a.example/ HTTP/1.1\r\n\r\n", HostMissing),
        Whole("9112-3.2", "GET / HTTP/1.0\r\n\r\n", None),
        Whole("9112-3.2", "GET / HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", HostRepeated),
        Whole("9112-3.2", "GET / HTTP/1.1\r\nHost: a\r\nhost: b\r\n\r\n", HostRepeated),
        Whole("9112-3.2", "GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", HostRepeated),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost:\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: a b\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: a,b\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: a?b\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: user@a\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: a%2eb\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: .a\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: a:http\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: a:99999\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: a:80:80\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: a:+80\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n", None),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: ::1\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: [1.2.3.4]\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: [::1%25eth0]\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: [:::1]\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: [::1]x\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: \u00e9\r\n\r\n", HostInvalid),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: reviews_v1.default:9080\r\n\r\n", None),
        Whole("9110-7.2", "GET / HTTP/1.1\r\nHost: reviews.\r\n\r\n", None),

        // 9110 §7.6.1 connection options
        Fields("9110-7.6.1", "Connection: close, x-a\r\nX-A: 1", None),
        Fields("9110-7.6.1", "Connection: ,, close ,", None),
        Fields("9110-7.6.1", "Connection: a b", ConnectionInvalid),
        Fields("9110-7.6.1", "Connection: \"close\"", ConnectionInvalid),
        Fields("9110-7.6.1", "Connection: close; x", ConnectionInvalid),
        Fields("9110-7.6.1", "Connection: host", ConnectionNamesEssential),
        Fields("9110-7.6.1", "Connection: Content-Length\r\nContent-Length: 1", ConnectionNamesEssential),
        Fields("9110-7.6.1", "Connection: close\r\nConnection: authorization", ConnectionNamesEssential),
        Fields("9110-7.6.1", "Connection: cookie", ConnectionNamesEssential),

        // 9110 §10.1.1 Expect
        Fields("9110-10.1.1", "Expect: 100-continue\r\nContent-Length: 1", None, BodyFraming.Length),
        Fields("9110-10.1.1", "Expect: 100-Continue", None),
        Fields("9110-10.1.1", "Expect: 200-ok", ExpectationUnknown),
        Fields("9110-10.1.1", "Expect: 100-continue, x", ExpectationUnknown),
        Fields("9110-10.1.1", "Expect: 100-continue\r\nExpect: 100-continue", ExpectationUnknown),
    ];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Fields_Row_GetsItsVerdict(HeadCase row) => row.CheckRequest();
}
