using System.Net.WebSockets;
using System.Text;
using Weft.Conformance.Kit;
using Weft.EndToEnd.Kit;

namespace Weft.Conformance.Clients;

/// <summary>RFC 6455 through the proxies untouched: .NET and Python's websockets, each as client and as server.</summary>
public sealed class WebSocketTests(ClientWorld world) : IClassFixture<ClientWorld>
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    private static readonly int[] s_sizes = [0, 1, 125, 126, 65_535, 65_536, 200_000];

    [Theory]
    [InlineData(1, "ws", "1.1")]
    [InlineData(2, "ws", "1.1")]
    [InlineData(1, "wss", "1.1")]
    [InlineData(2, "wss", "1.1")]
    [InlineData(1, "ws", "2.0")]
    [InlineData(2, "ws", "2.0")]
    public async Task Echo_DotNetClient_GetsEveryMessageBack(int hops, string scheme, string version)
    {
        await EchoAsync(new Uri(world.Url(scheme, hops, "/socket")), Version.Parse(version));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Echo_PythonServer_GetsEveryMessageBack(int hops)
    {
        RequirePython();
        int port = ChildProcess.FreePort();
        using ChildProcess server = await ChildProcess.Start("/usr/bin/python3", [Script(), "server", $"{port}"]).AcceptingAsync(port);
        await EchoAsync(new Uri($"ws://localhost:{await world.StartBeforeAsync(port, hops)}/"), new Version(1, 1));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Echo_PythonClient_GetsEveryMessageBack(int hops)
    {
        RequirePython();
        CommandResult result = await Command.RunAsync("/usr/bin/python3", [Script(), "client", world.Url("ws", hops, "/socket")]);
        Assert.Equal("echoed 8\n", result.Succeeded().Output);
    }

    private static async Task EchoAsync(Uri uri, Version version)
    {
        using var limit = new CancellationTokenSource(Patience);
        using var socket = new ClientWebSocket();
        using var handler = new SocketsHttpHandler { SslOptions = { RemoteCertificateValidationCallback = (_, _, _, _) => true } };
        using var invoker = new HttpMessageInvoker(handler);
        socket.Options.HttpVersion = version;
        socket.Options.HttpVersionPolicy = HttpVersionPolicy.RequestVersionExact;
        await socket.ConnectAsync(uri, invoker, limit.Token);
        foreach (int size in s_sizes)
        {
            byte[] message = new byte[size];
            new Random(size).NextBytes(message);
            await socket.SendAsync(message, WebSocketMessageType.Binary, endOfMessage: true, limit.Token);
            Assert.Equal(message, await ReceiveAsync(socket, limit.Token));
        }

        await socket.SendAsync(Encoding.UTF8.GetBytes("grüße"), WebSocketMessageType.Text, endOfMessage: true, limit.Token);
        Assert.Equal("grüße", Encoding.UTF8.GetString(await ReceiveAsync(socket, limit.Token)));
        await socket.CloseAsync(WebSocketCloseStatus.NormalClosure, "done", limit.Token);
        Assert.Equal(WebSocketState.Closed, socket.State);
    }

    private static async Task<byte[]> ReceiveAsync(ClientWebSocket socket, CancellationToken ct)
    {
        using var message = new MemoryStream();
        byte[] buffer = new byte[16 << 10];
        ValueWebSocketReceiveResult got;
        do
        {
            got = await socket.ReceiveAsync(buffer.AsMemory(), ct);
            message.Write(buffer, 0, got.Count);
        }
        while (!got.EndOfMessage);

        return message.ToArray();
    }

    private static void RequirePython() =>
        Assert.SkipUnless(Directory.Exists("/usr/lib/python3/dist-packages/websockets"), "needs Python's websockets (apt-get install python3-websockets)");

    private static string Script() => Path.Combine(AppContext.BaseDirectory, "Clients", "websocket_echo.py");
}
