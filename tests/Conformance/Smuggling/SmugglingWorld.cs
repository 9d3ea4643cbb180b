using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using Weft.Conformance.Kit;

namespace Weft.Conformance.Smuggling;

/// <summary>weft-proxy before nginx, and weft-proxy before HAProxy before the same nginx. Each says in its log which requests it saw.</summary>
public sealed class SmugglingWorld : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-smuggling-").FullName;
    private readonly List<ChildProcess> _processes = [];

    internal SmugglingChain BeforeNginx { get; private set; } = null!; // InitializeAsync sets both

    internal SmugglingChain BeforeHaproxy { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        int direct = ChildProcess.FreePort(), behind = ChildProcess.FreePort(), haproxyPort = ChildProcess.FreePort();
        string Server(int port) => $$"""server { listen 127.0.0.1:{{port}}; location / { add_header x-seen "$request_method $request_uri" always; return 200 "ok\n"; } }""";
        ChildProcess nginx = Add(await Nginx.StartAsync(_folder, direct, Server(direct) + Server(behind)));
        ChildProcess haproxy = Add(await Haproxy.StartAsync(_folder, haproxyPort, $"""
            frontend in
              bind 127.0.0.1:{haproxyPort}
              default_backend origin
            backend origin
              http-reuse always
              server origin 127.0.0.1:{behind}
            """));
        BeforeNginx = await StartChainAsync(direct, [(nginx.Output, $"{direct}")]);
        BeforeHaproxy = await StartChainAsync(haproxyPort, [(haproxy.Output, $"{haproxyPort}"), (nginx.Output, $"{behind}")]);
    }

    public ValueTask DisposeAsync()
    {
        _processes.Reverse();
        _processes.ForEach(p => p.Dispose());
        Directory.Delete(_folder, recursive: true);
        return ValueTask.CompletedTask;
    }

    private async Task<SmugglingChain> StartChainAsync(int upstream, (LogBook Book, string Port)[] backends)
    {
        int port = ChildProcess.FreePort();
        ChildProcess proxy = Add(await WeftProxy.StartGatewayAsync(_folder, new GatewayPlan(port, upstream)));
        return new SmugglingChain(port, proxy.Output, backends);
    }

    private ChildProcess Add(ChildProcess process)
    {
        _processes.Add(process);
        return process;
    }
}

/// <summary>One proxy and the servers behind it, outermost first. Rows run one after another.</summary>
internal sealed partial class SmugglingChain(int port, LogBook proxy, (LogBook Book, string Port)[] backends)
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly int[] _read = new int[backends.Length];
    private int _proxyRead;
    private int _row;

    internal int Port => port;

    /// <summary>Sends the input and its marker, and then looks what arrived.</summary>
    internal async Task CheckAsync(SmugglingCase row)
    {
        string answers = await TalkAsync(row.Input, row.Outcome.IsCut);
        (string[][] seen, string[] own) = await SightAsync();
        foreach (string[] at in seen)
        {
            CheckCounts(row.Outcome, at, own, answers);
        }

        CheckAnswers(row.Outcome, answers);
    }

    /// <summary>
    /// "METHOD /path" of what has arrived since the last call, at each backend and by the proxy's own log. A sentinel on a connection of its own ends it: a poisoned
    /// upstream connection would answer that wrongly.
    /// </summary>
    internal async Task<(string[][] Seen, string[] Own)> SightAsync()
    {
        string sentinel = $"/sentinel-{++_row}";
        string after = await TalkAsync(Encoding.ASCII.GetBytes($"GET {sentinel} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"), isCut: false);
        Assert.Equal([$"GET {sentinel}"], Seen().Matches(after).Select(m => m.Groups[1].Value));

        string[] own = await OwnAsync(sentinel);
        string[][] all = new string[backends.Length][];
        for (int i = 0; i < backends.Length; i++)
        {
            string[] lines = await backends[i].Book.ThroughAsync(_read[i], l => l.StartsWith(backends[i].Port, StringComparison.Ordinal) && l.Contains(sentinel, StringComparison.Ordinal), Patience);
            _read[i] += lines.Length;
            string[] seen = [.. lines.Where(l => l.StartsWith(backends[i].Port + "|", StringComparison.Ordinal)).Select(l => l.Split('|')).Select(p => $"{p[1]} {p[2]}")];
            Assert.DoesNotContain(lines, l => l.Contains("smuggled", StringComparison.Ordinal));
            all[i] = seen[..^1];
        }

        return (all, own);
    }

    private static void CheckCounts(SmugglingOutcome outcome, string[] seen, string[] own, string answers)
    {
        if (outcome.BodyBreaks || outcome.IsCut)
        {
            Assert.True(seen.Length <= 1, $"the backend saw {string.Join(", ", seen)}");
            Assert.All(seen, s => Assert.DoesNotContain("marker", s, StringComparison.Ordinal));
            return;
        }

        string said = $"the client was told\n{answers}\nthe proxy says\n{string.Join('\n', own)}";
        Assert.True(outcome.Reaching.SequenceEqual(seen), $"the backend saw [{string.Join(", ", seen)}]; {said}");
        Assert.True(outcome.Reaching.SequenceEqual(own), $"the proxy forwarded [{string.Join(", ", own)}]; {said}");
    }

    private static void CheckAnswers(SmugglingOutcome outcome, string answers)
    {
        string[] statuses = [.. Status().Matches(answers).Select(m => m.Groups[1].Value).Where(s => s != "100")];
        string[] seen = [.. Seen().Matches(answers).Select(m => m.Groups[1].Value)];
        if (outcome.BodyBreaks || outcome.IsCut)
        {
            Assert.True(statuses.Length <= 1, answers);
            Assert.DoesNotContain(seen, s => s.Contains("marker", StringComparison.Ordinal));
            return;
        }

        Assert.True(outcome.Reaching.SequenceEqual(seen), answers);
        Assert.True(outcome.Reaching.Length + (outcome.Status == 0 ? 0 : 1) == statuses.Length, answers);
        Assert.True(outcome.Status == 0 || statuses[^1] == $"{outcome.Status}", answers);
    }

    /// <summary>What the proxy's own log says it forwarded; its own answers have no upstream.</summary>
    private async Task<string[]> OwnAsync(string sentinel)
    {
        string[] lines = await proxy.ThroughAsync(_proxyRead, l => l.Contains(sentinel, StringComparison.Ordinal), Patience);
        _proxyRead += lines.Length;
        return [.. lines[..^1].Select(l => JsonDocument.Parse(l).RootElement).Where(e => e.GetProperty("attempts").GetInt32() > 0)
            .Select(e => $"{e.GetProperty("method").GetString()} {e.GetProperty("path").GetString()}")];
    }

    private async Task<string> TalkAsync(byte[] input, bool isCut)
    {
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Patience);
        var read = new MemoryStream();
        try
        {
            await socket.SendAsync(input).WaitAsync(Patience);
            if (isCut)
            {
                socket.Shutdown(SocketShutdown.Send);
            }

            using var stream = new NetworkStream(socket);
            await stream.CopyToAsync(read).WaitAsync(Patience);
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // a connection that ends with a reset has ended
        }

        return Encoding.Latin1.GetString(read.ToArray());
    }

    [GeneratedRegex(@"^HTTP/1\.[01] (\d{3})", RegexOptions.Multiline)]
    private static partial Regex Status();

    [GeneratedRegex(@"^x-seen: ([^\r\n]*)", RegexOptions.Multiline | RegexOptions.IgnoreCase)]
    private static partial Regex Seen();
}
