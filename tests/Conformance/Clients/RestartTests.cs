using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.RegularExpressions;
using Weft.Conformance.Kit;
using Weft.EndToEnd.Kit;

namespace Weft.Conformance.Clients;

/// <summary>The shipped binary under SIGUSR2 and SIGTERM, and out of descriptors, with clients of others before it.</summary>
public sealed partial class RestartTests(RestartWorld world) : IClassFixture<RestartWorld>
{
    private const int Restarts = 3;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Usr2_AgainAndAgainUnderWrk_CountsNoError(int hops)
    {
        RestartableGateway gateway = await world.StartAsync(hops);
        Task<CommandResult> wrk = ClientWorld.RunAsync("wrk", "wrk", "-t1", "-c32", "-d10s", gateway.Url("/hello"));
        Task<CommandResult> closing = ClientWorld.RunAsync("wrk", "wrk", "-t1", "-c4", "-d10s", "-H", "Connection: close", gateway.Url("/hello"));
        for (int i = 0; i < Restarts; i++)
        {
            int before = gateway.Pid;
            await gateway.ReplaceAsync();
            Assert.NotEqual(before, gateway.Pid);
        }

        foreach (CommandResult run in await Task.WhenAll(wrk, closing))
        {
            run.Succeeded();
            Assert.DoesNotContain("Socket errors", run.Output, StringComparison.Ordinal);
            Assert.DoesNotContain("Non-2xx", run.Output, StringComparison.Ordinal);
            Assert.True(int.Parse(Count().Match(run.Output).Groups[1].Value, CultureInfo.InvariantCulture) > 0, run.Output);
        }
    }

    [Fact]
    public async Task Usr2_ConfigurationIsWrong_TheRunningOneServesOn()
    {
        RestartableGateway gateway = await world.StartAsync(1);
        int before = gateway.Pid;
        string config = await File.ReadAllTextAsync(gateway.ConfigFile);
        await File.WriteAllTextAsync(gateway.ConfigFile, "{ \"lops\": 1 }");
        gateway.Signal("USR2");
        await gateway.SaysAsync("the new process ended before it was ready");
        Assert.Equal(before, gateway.Pid);
        Assert.Equal("200", (await gateway.CurlAsync()).Output);
        await File.WriteAllTextAsync(gateway.ConfigFile, config);
        await gateway.ReplaceAsync();
        Assert.Equal("200", (await gateway.CurlAsync()).Output);
    }

    [Fact]
    public async Task Term_RequestUnderWay_IsAnsweredBeforeTheEnd()
    {
        using var origin = new HeldOrigin();
        RestartableGateway gateway = await world.StartAsync(1, origin.Port);
        Task<CommandResult> held = gateway.CurlAsync();
        await origin.Held;
        gateway.Signal("TERM");
        origin.Release();
        Assert.Equal("200", (await held).Output);
        await gateway.EndedAsync();
    }

    /// <summary>More clients than the process has descriptors for: the rest is reset within seconds instead of waiting for ever, and room that comes back is used.</summary>
    [Fact]
    public async Task Descriptors_UsedUp_WaitingClientsAreResetAndLaterOnesServed()
    {
        const int Limit = 160;
        RestartableGateway gateway = await world.StartAsync(1, openFiles: Limit);
        var clients = new List<TcpClient>();
        for (int i = 0; i < Limit + 40; i++)
        {
            var client = new TcpClient();
            await client.ConnectAsync("localhost", gateway.Port).WaitAsync(ChildProcess.Patience);
            clients.Add(client);
        }

        byte[] answer = new byte[1];
        Task<int> any = await Task.WhenAny(clients.Select(c => c.GetStream().ReadAsync(answer, 0, 1))).WaitAsync(ChildProcess.Patience);
        Assert.True(any.IsFaulted || await any == 0, "a client is told that there is no room");
        await gateway.SaysAsync("overload.rose");
        clients.ForEach(static c => c.Dispose());
        await gateway.ServesAsync();
    }

    [GeneratedRegex(@"(\d+) requests in")]
    private static partial Regex Count();

    /// <summary>Answers its requests only when told to.</summary>
    private sealed class HeldOrigin : IDisposable
    {
        private readonly TcpListener _listener = new(System.Net.IPAddress.Loopback, 0);
        private readonly TaskCompletionSource _held = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal HeldOrigin()
        {
            _listener.Start();
            _ = ServeAsync();
        }

        internal int Port => ((System.Net.IPEndPoint)_listener.LocalEndpoint).Port;

        internal Task Held => _held.Task.WaitAsync(ChildProcess.Patience);

        internal void Release() => _released.SetResult();

        public void Dispose() => _listener.Dispose();

        private async Task ServeAsync()
        {
            using TcpClient client = await _listener.AcceptTcpClientAsync();
            _ = await client.GetStream().ReadAsync(new byte[4096]);
            _held.SetResult();
            await _released.Task;
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
            _ = await client.GetStream().ReadAsync(new byte[1]);
        }
    }
}
