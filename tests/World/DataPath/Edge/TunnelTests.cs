using System.Net;
using System.Net.Sockets;
using Weft.Model.V1;

namespace Weft.World.DataPath.Edge;

/// <summary>Opaque connections that go on through an HTTP proxy.</summary>
public sealed class TunnelTests
{
    [Theory]
    [InlineData("CONNECT", "far.example.org", "CONNECT far.example.org:443 HTTP/1.1\r\nHost: far.example.org:443")]
    [InlineData("POST", "far.example.org", "POST / HTTP/1.1\r\nHost: far.example.org:443")]
    [InlineData("CONNECT", "2001:db8::1", "CONNECT [2001:db8::1]:443 HTTP/1.1\r\nHost: [2001:db8::1]:443")]
    public async Task Tunnel_ThatTheProxyOpens_CarriesBytesBothWays(string method, string host, string expected)
    {
        string? asked = null;
        using RawOrigin proxy = new(async c =>
        {
            asked = await c.ReadHeadAsync();
            await c.SendAsync("HTTP/1.1 200 Connection established\r\nx-via: p\r\n\r\nwelcome");
            await c.SendAsync($"told {await c.ReadAsync(4)}");
        });
        using EdgeKit kit = Start(proxy, new Tunnel { Method = method, Host = host, Port = 443 });
        using RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, kit.Port));
        await client.SendAsync("ping");
        Assert.Equal("welcometold ping", await client.ReadToEndAsync());
        Assert.Equal(expected, asked);
    }

    [Theory]
    [InlineData("HTTP/1.1 403 Forbidden\r\n\r\n", "403")]
    [InlineData("SSH-2.0-OpenSSH\r\n\r\n", "SSH-2.0-Open")]
    public async Task Tunnel_ThatTheProxyRefuses_ClosesTheConnectionAndSaysWhy(string answer, string logged)
    {
        using RawOrigin proxy = new(async c =>
        {
            await c.ReadHeadAsync();
            await c.SendAsync(answer);
        });
        using EdgeKit kit = Start(proxy, new Tunnel { Method = "CONNECT", Host = "far.example.org", Port = 443 });
        try
        {
            using RawClient client = await RawClient.ConnectAsync(new IPEndPoint(IPAddress.Loopback, kit.Port));
            await client.SendAsync("ping");
            Assert.Equal("", await client.ReadToEndAsync());
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            // a reset is as good an end, and may come before the client knows that it is connected
        }

        string log = kit.Log();
        Assert.Contains("upstream-refused", log);
        Assert.Contains(logged, log);
    }

    private static EdgeKit Start(RawOrigin proxy, Tunnel tunnel)
    {
        var kit = new EdgeKit();
        kit.Opaque("tcp", "*", proxy.Port, null);
        kit.Config.Clusters[0].Tunnel = tunnel;
        kit.Start();
        return kit;
    }
}
