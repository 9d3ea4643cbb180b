using System.Text;
using Weft.Wire;
using Weft.Wire.Http1;

namespace Weft.Unit.Wire;

public sealed class CanonicalRequestTests
{
    /// <summary>RFC 3986 §5.2.4, §6.2.2 and Istio's path normalization BASE.</summary>
    [Theory]
    [InlineData("/", "/")]
    [InlineData("/a/b", "/a/b")]
    [InlineData("/a/./b", "/a/b")]
    [InlineData("/a/../b", "/b")]
    [InlineData("/a/b/../../c", "/c")]
    [InlineData("/../../etc", "/etc")]
    [InlineData("/a/b/c/./../../g", "/a/g")]
    [InlineData("/a/..", "/")]
    [InlineData("/a/.", "/a/")]
    [InlineData("/a/b/..", "/a/")]
    [InlineData("/..", "/")]
    [InlineData("/.", "/")]
    [InlineData("/.hidden", "/.hidden")]
    [InlineData("/a/...", "/a/...")]
    [InlineData("/a/..b", "/a/..b")]
    [InlineData("//a//b", "//a//b")]
    [InlineData("/a//../b", "/a/b")]
    [InlineData("/%61dmin", "/admin")]
    [InlineData("/%41%2D%5f%7E", "/A-_~")]
    [InlineData("/a/%2e%2E/b", "/b")]
    [InlineData("/a/.%2e/b", "/b")]
    [InlineData("/a%2fb", "/a%2Fb")]
    [InlineData("/a%5cb", "/a%5Cb")]
    [InlineData("/a%20b%c3%a9", "/a%20b%C3%A9")]
    [InlineData("/a\\b", "/a/b")]
    [InlineData("/a\\..\\b", "/b")]
    [InlineData("/%25%32%65", "/%252e")]
    public void Path_EveryWriting_BecomesOneForm(string path, string expected) => Assert.Equal(expected, PathOf(path));

    [Theory]
    [InlineData("/%")]
    [InlineData("/%2")]
    [InlineData("/%zz")]
    [InlineData("/a%00b")]
    [InlineData("/%u0061")]
    public void Path_BrokenEncoding_IsRefused(string path) => Assert.Null(PathOf(path));

    [Fact]
    public void Path_Normalized_IsAFixedPoint()
    {
        var random = new Random(3986);
        for (int i = 0; i < 20_000; i++)
        {
            string path = "/" + string.Concat(Enumerable.Range(0, random.Next(12)).Select(_ => random.GetItems(["/", ".", "..", "a", "%2e", "%2F", "\\", "%41", "%25"], 1)[0]));
            string? once = PathOf(path);
            Assert.Equal(once, once is null ? null : PathOf(once));
        }
    }

    [Theory]
    [InlineData("Reviews.Example:80", false, "reviews.example", 80, "reviews.example")]
    [InlineData("Reviews.Example:443", true, "reviews.example", 443, "reviews.example")]
    [InlineData("reviews:9080", false, "reviews", 9080, "reviews:9080")]
    [InlineData("reviews.", false, "reviews", 0, "reviews")]
    [InlineData("[2001:DB8::1]:8080", false, "[2001:db8::1]", 8080, "[2001:db8::1]:8080")]
    public void Authority_EveryWriting_BecomesOneForm(string host, bool https, string name, int port, string authority)
    {
        CanonicalRequest request = Read($"GET /x?a=1&b=%zz HTTP/1.1\r\nHost: {host}\r\n\r\n", https)!;
        Assert.Equal(name, Encoding.ASCII.GetString(request.Host));
        Assert.Equal(port, request.Port);
        Assert.Equal(authority, Encoding.ASCII.GetString(request.Authority));
        Assert.Equal("a=1&b=%zz", Encoding.ASCII.GetString(request.Query));
        Assert.Equal("?a=1&b=%zz", Encoding.ASCII.GetString(request.QueryWithMark));
    }

    [Theory]
    [InlineData("GET http://A.example HTTP/1.1\r\nHost: a.example\r\n\r\n", "/", "a.example")]
    [InlineData("GET http://a.example?x HTTP/1.1\r\nHost: a.example\r\n\r\n", "/", "a.example")]
    [InlineData("OPTIONS * HTTP/1.1\r\nHost: a.example\r\n\r\n", "*", "a.example")]
    [InlineData("CONNECT a.example:443 HTTP/1.1\r\nHost: a.example:443\r\n\r\n", "", "a.example:443")]
    [InlineData("GET / HTTP/1.0\r\n\r\n", "/", "")]
    public void Forms_EachOfTheFour_GiveTheirParts(string head, string path, string authority)
    {
        CanonicalRequest request = Read(head, isHttps: false)!;
        Assert.Equal(path, Encoding.ASCII.GetString(request.Path));
        Assert.Equal(authority, Encoding.ASCII.GetString(request.Authority));
    }

    [Fact]
    public void ReadAndCanonicalize_Warm_AllocateNothing()
    {
        byte[] input = "GET /productpage/../reviews/%61?x=1 HTTP/1.1\r\nHost: Reviews:9080\r\nUser-Agent: test\r\nX-Request-Id: 1\r\nConnection: x-a\r\nX-A: 1\r\n\r\n"u8.ToArray();
        byte[] output = new byte[1024];
        var head = new RequestHead();
        var canonical = new CanonicalRequest();
        Round();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            Round();
        }

        Assert.Equal(0L, GC.GetAllocatedBytesForCurrentThread() - before);

        void Round()
        {
            head.Reset();
            Assert.True(head.Read(input, Http1Limits.Default) is ReadStatus.Done);
            Assert.True(canonical.TrySet(head, input, isHttps: false, out _));
            var writer = new HeadWriter(output);
            writer.RequestLine(head.Method.In(input), canonical.Path, canonical.QueryWithMark);
            writer.CopyFields(input, head.Fields);
            Assert.True(writer.TryEnd(out _));
        }
    }

    [Fact]
    public void CopyFields_HopByHopAndDropped_StayBehind()
    {
        byte[] input = Encoding.ASCII.GetBytes(
            "GET / HTTP/1.1\r\nHost: a\r\nA: 1\r\nConnection: keep-alive, X-Hop\r\nKeep-Alive: 5\r\nX-Hop: 1\r\nB: 2\r\nTE: trailers\r\nUpgrade: x\r\nDrop: 1\r\nC: 3\r\n\r\n");
        var head = new RequestHead();
        Assert.Equal(ReadStatus.Done, head.Read(input, Http1Limits.Default));
        Assert.True(head.Fields.Drop("drop"u8, input));
        byte[] output = new byte[256];
        var writer = new HeadWriter(output);
        writer.RequestLine("GET"u8, "/x"u8, "?y"u8);
        writer.CopyFields(input, head.Fields);
        writer.Field("x-added"u8, 7);
        Assert.True(writer.TryEnd(out int written));
        Assert.Equal("GET /x?y HTTP/1.1\r\nHost: a\r\nA: 1\r\nB: 2\r\nC: 3\r\nx-added: 7\r\n\r\n", Encoding.ASCII.GetString(output, 0, written));
        Assert.True(head.AcceptsTrailers);

        var small = new HeadWriter(output.AsSpan(0, 20));
        small.CopyFields(input, head.Fields);
        Assert.False(small.TryEnd(out _));
    }

    [Fact]
    public void CopyFields_OtherWhitespaceThanOneSpace_IsWrittenAnew()
    {
        byte[] input = Encoding.ASCII.GetBytes("GET / HTTP/1.1\r\nHost: a\r\nA:\t1 \t\r\nB:2\r\nC: 3 \r\nD:  4\r\nE:\r\nF: \t\r\nG: 5\r\n\r\n");
        var head = new RequestHead();
        Assert.Equal(ReadStatus.Done, head.Read(input, Http1Limits.Default));
        byte[] output = new byte[input.Length];
        var writer = new HeadWriter(output);
        writer.CopyFields(input, head.Fields);
        Assert.True(writer.TryEnd(out int written));
        Assert.Equal("Host: a\r\nA: 1\r\nB:2\r\nC: 3\r\nD: 4\r\nE:\r\nF: \r\nG: 5\r\n\r\n", Encoding.ASCII.GetString(output, 0, written));
    }

    private static string? PathOf(string path) =>
        Read($"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n", isHttps: false) is { } request ? Encoding.ASCII.GetString(request.Path) : null;

    private static CanonicalRequest? Read(string text, bool isHttps)
    {
        byte[] input = Encoding.ASCII.GetBytes(text);
        var head = new RequestHead();
        Assert.Equal(ReadStatus.Done, head.Read(input, Http1Limits.Default));
        var request = new CanonicalRequest();
        return request.TrySet(head, input, isHttps, out _) ? request : null;
    }
}
