using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Weft.Model.V1;
using Weft.Proxy.Static;
using Weft.Transport;

namespace Weft.World.DataPath;

/// <summary>An origin, a sidecar before it and one beside the client, in one process; the leg between them is mutual TLS.</summary>
internal sealed class PathKit : IAsyncDisposable
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>What proxies of one mesh say to each other.</summary>
    internal const string PeerProtocol = "weft/1";

    private readonly List<IDisposable> _parts = [];
    private int _originPort;

    internal int Loops { get; init; } = 2;

    /// <summary>Of the loops, see <see cref="Transport.LoopLimits.ClockSpeed"/>.</summary>
    internal int ClockSpeed { get; init; } = 1;

    internal PathAuthority Authority { get; init; } = new();

    internal StaticProxy? Server { get; private set; }

    internal StaticProxy? Client { get; private set; }

    /// <summary>The client's cluster as it was given to it: tests change a copy and give it that.</summary>
    internal Cluster? ClientCluster { get; private set; }

    /// <summary>Blocks of memory in somebody's hands, as of a turn of its own.</summary>
    internal static async Task<int> RentedAsync(EventLoop loop)
    {
        var rented = new TaskCompletionSource<int>(TaskCreationOptions.RunContinuationsAsynchronously);
        loop.Post(() => rented.SetResult(loop.Blocks.Rented));
        return await rented.Task.WaitAsync(Patience);
    }

    /// <summary>client → outbound proxy ═ inbound proxy → origin.</summary>
    internal async Task<RawClient> ConnectThroughMeshAsync(RawOrigin origin, Action<Workload>? configureServer = null, PathAuthority? clientAuthority = null, Action<RouteSet>? routes = null, Action<Cluster>? cluster = null)
    {
        StartServer(origin, configureServer);
        StartClient(clientAuthority ?? Authority, routes, cluster: cluster);
        return await RawClient.ConnectAsync(Client!.OutboundAddress!);
    }

    /// <summary>client → so many proxies → origin, the last leg in HTTP/1; gives the address to dial.</summary>
    internal IPEndPoint Start(int hops, RawOrigin origin)
    {
        if (hops > 1)
        {
            StartServer(origin);
        }

        _originPort = origin.Port;
        StartClient(Authority);
        return Client!.OutboundAddress!; // StartClient has opened it
    }

    internal void StartServer(RawOrigin origin, Action<Workload>? configure = null) => StartServer(origin.Port, configure);

    internal void StartServer(int originPort, Action<Workload>? configure = null)
    {
        var config = new StaticConfig { Inbound = "127.0.0.1:0", Identity = Authority.Issue("api"), Loops = Loops, LoopLimits = new LoopLimits { ClockSpeed = ClockSpeed } };
        config.AppPorts[9080] = originPort;
        config.Workload = new Workload
        {
            Name = "default/api-1",
            Namespace = "default",
            ServiceAccount = "api",
            Inbound = { new InboundPort { Port = 9080, Protocol = AppProtocol.Http1, Mtls = InboundPort.Types.Mtls.Strict } },
        };
        configure?.Invoke(config.Workload);
        Server = StaticProxy.Start(config, () => Stream.Null);
        _parts.Add(Server);
    }

    internal void StartClient(PathAuthority authority, Action<RouteSet>? configure = null, AppProtocol protocol = AppProtocol.Http1, Action<Cluster>? cluster = null, params Endpoint[] endpoints)
    {
        const string Name = "api.default.svc.cluster.local";
        var routes = new RouteSet { Name = $"{Name}:9080" };
        routes.VirtualHosts.Add(new VirtualHost { Hosts = { "*" } });
        routes.VirtualHosts[0].Routes.Add(new Route { Forward = new Forward { Clusters = { new WeightedCluster { Cluster = $"{Name}:9080", Weight = 100 } } } });
        configure?.Invoke(routes);
        var config = new StaticConfig { ExplicitOutbound = "127.0.0.1:0", Identity = authority.Issue("web"), Loops = Loops, LoopLimits = new LoopLimits { ClockSpeed = ClockSpeed } };
        config.Workload = new Workload { Name = "default/web-1", Namespace = "default", ServiceAccount = "web" };
        config.RouteSets.Add(routes);
        config.Clusters.Add(new Cluster { Name = $"{Name}:9080", Service = Name, Namespace = "default", Port = 9080, Protocol = protocol });
        cluster?.Invoke(config.Clusters[0]);
        ClientCluster = config.Clusters[0].Clone();
        config.EndpointSets.Add(new EndpointSet { Name = $"{Name}:9080", Endpoints = { endpoints.Length > 0 ? endpoints : [Server is null ? Origin : Peer] } });
        config.Frontends.Add(new Frontend
        {
            Name = Name, Namespace = "default", Hostnames = { Name, "api.default" },
            Ports = { new FrontendPort { Port = 9080, Protocol = protocol, ByHost = true, RouteSet = $"{Name}:9080" } },
        });
        Client = StaticProxy.Start(config, () => Stream.Null);
        _parts.Add(Client);
    }

    private Endpoint Origin => new() { Address = "127.0.0.1", Port = (uint)_originPort };

    /// <summary>The sidecar of <see cref="StartServer(int, Action{Workload}?)"/>.</summary>
    private Endpoint Peer => new()
    {
        Address = "127.0.0.1", Port = (uint)Server!.InboundAddress!.Port, TargetPort = 9080, PeerProtocol = PeerProtocol,
        Identity = "spiffe://weft.local/ns/default/sa/api", Workload = "default/api-1",
    };

    public ValueTask DisposeAsync()
    {
        _parts.Reverse();
        _parts.ForEach(p => p.Dispose());
        return ValueTask.CompletedTask;
    }
}

/// <summary>A throw-away authority of SPIFFE identities.</summary>
internal sealed class PathAuthority
{
    private readonly X509Certificate2 _root;

    internal PathAuthority()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=test root", key, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        _root = request.CreateSelfSigned(DateTimeOffset.UnixEpoch, new DateTimeOffset(2060, 1, 1, 0, 0, 0, TimeSpan.Zero));
    }

    internal TimeSpan? Lifetime { get; init; }

    internal StaticIdentity Issue(string account)
    {
        string id = $"spiffe://weft.local/ns/default/sa/{account}";
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=leaf", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddUri(new Uri(id));
        request.CertificateExtensions.Add(names.Build());
        using X509Certificate2 leaf = request.Create(_root, _root.NotBefore, Lifetime is { } life ? DateTimeOffset.UtcNow + life : _root.NotAfter, RandomNumberGenerator.GetBytes(12));
        return new StaticIdentity(id, leaf.ExportCertificatePem(), key.ExportPkcs8PrivateKeyPem(), _root.ExportCertificatePem());
    }
}

/// <summary>A client that says exactly what it is told and reads answers byte by byte.</summary>
internal sealed class RawClient : IDisposable
{
    private readonly Socket _socket;
    private readonly NetworkStream _stream;
    private readonly List<byte> _unread = [];

    private RawClient(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: true);
    }

    /// <param name="receiveBytes">What the kernel holds for it at most, about; 0: as much as it likes.</param>
    internal static async Task<RawClient> ConnectAsync(IPEndPoint address, int receiveBytes = 0)
    {
        var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBytes > 0)
        {
            socket.ReceiveBufferSize = receiveBytes;
        }

        await socket.ConnectAsync(address).WaitAsync(PathKit.Patience);
        return new RawClient(socket);
    }

    internal Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    internal async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes).AsTask().WaitAsync(PathKit.Patience);

    internal Task GetAsync(string path, string more = "") => SendAsync($"GET {path} HTTP/1.1\r\nHost: api.default:9080\r\n{more}\r\n");

    internal void FinishSending() => _socket.Shutdown(SocketShutdown.Send);

    /// <summary>Until all that was sent is with the other end's kernel: what is not is lost when something comes for a socket that was closed, whoever stands behind.</summary>
    internal async Task SentAsync()
    {
        string port = $":{((IPEndPoint)_socket.LocalEndPoint!).Port:X4}"; // connected by ConnectAsync
        long until = Environment.TickCount64 + (long)PathKit.Patience.TotalMilliseconds;
        while (!File.ReadLines("/proc/self/net/tcp6").Any(l => l.AsSpan(6).StartsWith("0000000000000000FFFF00000100007F" + port, StringComparison.Ordinal) && l.Contains(" 00000000:", StringComparison.Ordinal)))
        {
            Assert.True(Environment.TickCount64 < until, "the other end does not take what was sent");
            await Task.Yield();
        }
    }

    /// <summary>The connection ends at once, in a way that nobody takes for an end.</summary>
    internal void Reset() => _socket.Close(0);

    /// <summary>The head as text, without its empty line.</summary>
    internal async Task<string> ReadHeadAsync()
    {
        int end;
        while ((end = Text().IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
        {
            Assert.True(await FillAsync(), $"the connection ended in a head: '{Text()}'");
        }

        string head = Text()[..end];
        _unread.RemoveRange(0, end + 4);
        return head;
    }

    internal async Task<string> ReadAsync(int count)
    {
        while (_unread.Count < count)
        {
            Assert.True(await FillAsync(), $"the connection ended after {_unread.Count} of {count} bytes");
        }

        string text = Text()[..count];
        _unread.RemoveRange(0, count);
        return text;
    }

    /// <summary>Everything up to and with an ending.</summary>
    internal async Task<string> ReadUntilAsync(string ending)
    {
        int end;
        while ((end = Text().IndexOf(ending, StringComparison.Ordinal)) < 0)
        {
            Assert.True(await FillAsync(), $"the connection ended before '{ending}': '{Text()}'");
        }

        return await ReadAsync(end + ending.Length);
    }

    internal async Task<string> ReadToEndAsync()
    {
        while (await FillAsync())
        {
        }

        string text = Text();
        _unread.Clear();
        return text;
    }

    /// <summary>Head and body by its content-length.</summary>
    internal async Task<(string Head, string Body)> ReadAnswerAsync()
    {
        string head = await ReadHeadAsync();
        string line = head.Split("\r\n").First(l => l.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase));
        return (head, await ReadAsync(int.Parse(line.AsSpan(15), System.Globalization.CultureInfo.InvariantCulture)));
    }

    /// <summary>Reads past one answer without keeping its body.</summary>
    internal async Task SkipAnswerAsync()
    {
        string head = await ReadHeadAsync();
        string line = head.Split("\r\n").First(l => l.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase));
        int left = int.Parse(line.AsSpan(15), System.Globalization.CultureInfo.InvariantCulture) - _unread.Count;
        _unread.Clear();
        byte[] buffer = new byte[64 << 10];
        while (left > 0)
        {
            int count = await _stream.ReadAsync(buffer.AsMemory(0, Math.Min(buffer.Length, left))).AsTask().WaitAsync(PathKit.Patience);
            Assert.NotEqual(0, count);
            left -= count;
        }
    }

    public void Dispose() => _stream.Dispose();

    private string Text() => Encoding.Latin1.GetString([.. _unread]);

    private async Task<bool> FillAsync()
    {
        byte[] buffer = new byte[16 << 10];
        int count = await _stream.ReadAsync(buffer).AsTask().WaitAsync(PathKit.Patience);
        _unread.AddRange(buffer.AsSpan(0, count).ToArray());
        return count > 0;
    }
}

/// <summary>An application: each connection is served by the test's own code.</summary>
internal sealed class RawOrigin : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);

    internal RawOrigin(Func<OriginConnection, Task> serve)
    {
        _listener.Start();
        Port = ((IPEndPoint)_listener.LocalEndpoint).Port;
        _ = AcceptAsync(serve);
    }

    internal int Port { get; }

    internal int Accepted { get; private set; }

    /// <summary>Answers every request with 200 and what it was told.</summary>
    internal static RawOrigin Telling() => new(async c =>
    {
        while (await c.ReadHeadAsync() is { } head)
        {
            string length = head.Split("\r\n").FirstOrDefault(l => l.StartsWith("content-length:", StringComparison.OrdinalIgnoreCase)) ?? "content-length: 0";
            string body = await c.ReadAsync(int.Parse(length.AsSpan(15), System.Globalization.CultureInfo.InvariantCulture));
            string told = head + "\r\n\r\n" + body;
            await c.SendAsync($"HTTP/1.1 200 OK\r\nContent-Length: {told.Length}\r\n\r\n{told}");
        }
    });

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync(Func<OriginConnection, Task> serve)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await _listener.AcceptSocketAsync();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }

            Accepted++;
            _ = ServeAsync(serve, new OriginConnection(socket));
        }
    }

    private static async Task ServeAsync(Func<OriginConnection, Task> serve, OriginConnection connection)
    {
        using (connection)
        {
            try
            {
                await serve(connection);
            }
            catch (Exception e) when (e is IOException or SocketException)
            {
                // the proxy closed it, which the test sees at its own end
            }
        }
    }
}

internal sealed class OriginConnection(Socket socket) : IDisposable
{
    private readonly NetworkStream _stream = new(socket, ownsSocket: true);
    private readonly List<byte> _unread = [];

    internal async Task<string?> ReadHeadAsync()
    {
        int end;
        while ((end = Text().IndexOf("\r\n\r\n", StringComparison.Ordinal)) < 0)
        {
            if (!await FillAsync())
            {
                return null;
            }
        }

        string head = Text()[..end];
        _unread.RemoveRange(0, end + 4);
        return head;
    }

    internal async Task<string> ReadAsync(int count)
    {
        while (_unread.Count < count && await FillAsync())
        {
        }

        string text = Text()[..Math.Min(count, _unread.Count)];
        _unread.RemoveRange(0, text.Length);
        return text;
    }

    /// <summary>Everything up to and with an ending.</summary>
    internal async Task<string> ReadUntilAsync(string ending)
    {
        int end;
        while ((end = Text().IndexOf(ending, StringComparison.Ordinal)) < 0)
        {
            Assert.True(await FillAsync(), $"the connection ended before '{ending}': '{Text()}'");
        }

        return await ReadAsync(end + ending.Length);
    }

    internal async Task<string> ReadToEndAsync()
    {
        while (await FillAsync())
        {
        }

        return Text();
    }

    internal Task SendAsync(string text) => SendAsync(Encoding.Latin1.GetBytes(text));

    internal async Task SendAsync(byte[] bytes) => await _stream.WriteAsync(bytes);

    internal void FinishSending() => socket.Shutdown(SocketShutdown.Send);

    /// <summary>Reads to the end without keeping anything: how many bytes that were.</summary>
    internal async Task<int> CountToEndAsync()
    {
        int sum = _unread.Count, count;
        _unread.Clear();
        byte[] buffer = new byte[4 << 10];
        while ((count = await _stream.ReadAsync(buffer)) > 0)
        {
            sum += count;
        }

        return sum;
    }

    internal void Reset()
    {
        socket.LingerState = new LingerOption(true, 0);
        socket.Close();
    }

    public void Dispose() => _stream.Dispose();

    private string Text() => Encoding.Latin1.GetString([.. _unread]);

    private async Task<bool> FillAsync()
    {
        byte[] buffer = new byte[16 << 10];
        int count = await _stream.ReadAsync(buffer);
        _unread.AddRange(buffer.AsSpan(0, count).ToArray());
        return count > 0;
    }
}
