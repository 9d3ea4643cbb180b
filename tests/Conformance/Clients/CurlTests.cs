using Weft.Conformance.Kit;
using Weft.EndToEnd.Kit;

namespace Weft.Conformance.Clients;

/// <summary>curl with every version flag it has, over one proxy and two: what it says of the version it got is what it asked for.</summary>
public sealed class CurlTests(ClientWorld world) : IClassFixture<ClientWorld>
{
    /// <summary>Flags, scheme, and "version status" as curl reports them.</summary>
    private static readonly (string Flags, string Scheme, string Expected)[] s_versions =
    [
        ("", "http", "1.1 200"),
        ("--http0.9", "http", "1.1 200"),
        ("--http1.0", "http", "1.1 200"), // RFC 9112 §2.3: the answer's version is the server's own
        ("--http1.1", "http", "1.1 200"),
        ("--http2", "http", "1.1 200"), // RFC 9113 §3.1: Upgrade: h2c is gone and ignored
        ("--http2-prior-knowledge", "http", "2 200"),
        ("", "https", "2 200"),
        ("--http0.9", "https", "2 200"),
        ("--http1.0", "https", "1.1 200"),
        ("--http1.1", "https", "1.1 200"),
        ("--http2", "https", "2 200"),
        ("--http2-prior-knowledge", "https", "2 200"),
        ("--no-alpn", "https", "1.1 200"),
        ("--tlsv1.2 --tls-max 1.2", "https", "2 200"),
        ("--tlsv1.3", "https", "2 200"),
        ("--http1.1 --tlsv1.2 --tls-max 1.2", "https", "1.1 200"),
        ("--http1.1 --tlsv1.3", "https", "1.1 200"),
    ];

    private static readonly string[] s_transfers = ["", "--http1.0", "--http1.1", "--http2-prior-knowledge"];

    public static TheoryData<string, string, int, string> Versions =>
        [.. s_versions.SelectMany(v => new[] { 1, 2 }.Select(hops => new TheoryDataRow<string, string, int, string>(v.Flags, v.Scheme, hops, v.Expected)))];

    public static TheoryData<string, int> Transfers =>
        [.. s_transfers.SelectMany(f => new[] { 1, 2 }.Select(hops => new TheoryDataRow<string, int>(f, hops)))];

    [Theory]
    [MemberData(nameof(Versions))]
    public async Task Version_Asked_IsSpoken(string flags, string scheme, int hops, string expected)
    {
        CommandResult result = await CurlAsync(hops, scheme, "/hello", [.. Split(flags), "-w", "%{http_version} %{http_code}"]);
        Assert.Equal($"hello\n{expected}", result.Succeeded().Output);
    }

    /// <summary>We offer no HTTP/3 (there is no Alt-Svc, nobody listens on UDP): a curl that has it fails to connect, one without it says so.</summary>
    [Theory]
    [InlineData("--http3")]
    [InlineData("--http3-only")]
    public async Task Http3_Asked_IsNotThere(string flag)
    {
        CommandResult features = await ClientWorld.RunAsync("curl", "curl", "--version");
        CommandResult result = await CurlAsync(1, "https", "/hello", [flag, "--connect-timeout", "2"]);
        const int UnknownOption = 2;
        Assert.Equal(features.Output.Contains("HTTP3", StringComparison.Ordinal), result.ExitCode is not UnknownOption);
        Assert.True(result.ExitCode != 0 || flag == "--http3"); // without "only" it falls back
    }

    [Theory]
    [MemberData(nameof(Transfers))]
    public async Task Content_BothWays_ComesBackWhole(string flags, int hops)
    {
        string file = Path.Combine(world.Folder, $"content-{Guid.NewGuid():N}");
        byte[] content = new byte[300_000];
        new Random(hops).NextBytes(content);
        await File.WriteAllBytesAsync(file, content);
        (await CurlAsync(hops, "http", "/echo", [.. Split(flags), "--data-binary", $"@{file}", "-o", file + ".back"])).Succeeded();
        Assert.Equal(content, await File.ReadAllBytesAsync(file + ".back"));

        // Without a length: chunked where the version has it.
        if (flags != "--http1.0")
        {
            (await CurlAsync(hops, "http", "/echo", [.. Split(flags), "-X", "PUT", "-T", "-", "-o", file + ".again"], content: file)).Succeeded();
            Assert.Equal(content, await File.ReadAllBytesAsync(file + ".again"));
        }
    }

    [Theory]
    [MemberData(nameof(Transfers))]
    public async Task Answer_WithoutLength_IsFramedAsTheVersionHasIt(string flags, int hops)
    {
        CommandResult result = await CurlAsync(hops, "http", "/chunked", [.. Split(flags), "-D", "-"]);
        string text = result.Succeeded().Output;
        Assert.EndsWith("piece 0\npiece 1\npiece 2\npiece 3\npiece 4\n", text, StringComparison.Ordinal);

        // RFC 9112 §6.1: never to a client of HTTP/1.0.
        Assert.True(flags is "" or "--http1.1" == text.Contains("transfer-encoding: chunked", StringComparison.OrdinalIgnoreCase), text);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Head_Asked_HasLengthAndNoContent(int hops)
    {
        CommandResult result = await CurlAsync(hops, "http", "/large/70000", ["-I", "-w", "%{size_download}"]);
        Assert.Contains("content-length: 70000", result.Succeeded().Output, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("\r\n0", result.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Expectation_Said_IsAnsweredBeforeTheContent(int hops)
    {
        string file = Path.Combine(world.Folder, $"expected-{hops}");
        await File.WriteAllTextAsync(file, new string('x', 5_000));
        CommandResult result = await CurlAsync(hops, "http", "/echo", ["--http1.1", "-H", "Expect: 100-continue", "--expect100-timeout", "15", "--data-binary", $"@{file}", "-D", "-", "-o", "/dev/null"]);
        Assert.StartsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK", result.Succeeded().Output, StringComparison.Ordinal);
    }

    private static string[] Split(string flags) => flags.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private async Task<CommandResult> CurlAsync(int hops, string scheme, string path, string[] flags, string? content = null)
    {
        string[] arguments = ["-sS", "--max-time", "20", "--cacert", world.Certificates.Authority, .. flags, world.Url(scheme, hops, path)];
        return content is null
            ? await ClientWorld.RunAsync("curl", "curl", arguments)
            : await ClientWorld.RunAsync("sh", "dash", ["-c", "exec curl \"$@\" <\"$0\"", content, .. arguments]);
    }
}
