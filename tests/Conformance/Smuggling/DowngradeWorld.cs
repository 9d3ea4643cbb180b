using System.Net;
using System.Net.Sockets;
using System.Text;
using Weft.Conformance.Kit;

namespace Weft.Conformance.Smuggling;

/// <summary>The chains of the HTTP/1 tables, and one more proxy before a server that records.</summary>
public sealed class DowngradeWorld : IAsyncLifetime
{
    private readonly string _folder = Directory.CreateTempSubdirectory("weft-downgrade-").FullName;
    private readonly SmugglingWorld _chains = new();
    private readonly RecordingOrigin _origin = new();
    private readonly int _port = ChildProcess.FreePort();
    private ChildProcess? _proxy;
    private int _row;

    internal DowngradeChain BeforeNginx => new(_chains.BeforeNginx);

    internal DowngradeChain BeforeHaproxy => new(_chains.BeforeHaproxy);

    public async ValueTask InitializeAsync()
    {
        await _chains.InitializeAsync();
        _proxy = await WeftProxy.StartGatewayAsync(_folder, new GatewayPlan(_port, _origin.Port));
    }

    public async ValueTask DisposeAsync()
    {
        _proxy?.Dispose();
        _origin.Dispose();
        Directory.Delete(_folder, recursive: true);
        await _chains.DisposeAsync();
    }

    internal async Task CheckContentAsync(DowngradeCase row)
    {
        DowngradeAnswer answer = await DowngradeAnswer.AskAsync(_port, row);
        string sentinel = $"/sentinel-{++_row}";
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await socket.ConnectAsync(IPAddress.Loopback, _port).WaitAsync(SmugglingChain.Patience);
        await socket.SendAsync(Encoding.ASCII.GetBytes($"GET {sentinel} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"));
        using var reader = new StreamReader(new NetworkStream(socket));
        Assert.Contains($"x-seen: GET {sentinel}", await reader.ReadToEndAsync().WaitAsync(SmugglingChain.Patience), StringComparison.OrdinalIgnoreCase);

        (RecordedRequest[] requests, string[] wrong) = _origin.Take();
        Assert.Empty(wrong);
        RecordedRequest[] seen = [.. requests.Where(r => !r.Line.Contains(sentinel, StringComparison.Ordinal))];
        answer.Check(row, [.. seen.Select(r => r.Line[..r.Line.LastIndexOf(' ')])]);
        if (row.Reaching is not null)
        {
            Assert.Equal(row.Body, seen[0].Body);
            Assert.True(row.Field is not { } field || (seen[0].Field(field.Name) ?? "") == field.Value, string.Join('\n', seen[0].Fields));
            Assert.DoesNotContain(seen[0].Fields, f => f.StartsWith(':'));
        }
    }
}

/// <summary>One of the chains, spoken to in HTTP/2.</summary>
internal sealed class DowngradeChain(SmugglingChain chain)
{
    internal async Task CheckAsync(DowngradeCase row)
    {
        DowngradeAnswer answer = await DowngradeAnswer.AskAsync(chain.Port, row);
        foreach (string[] seen in (await chain.SightAsync()).Seen)
        {
            answer.Check(row, seen);
        }
    }
}
