using Weft.Model.V1;
using Weft.Primitives;
using Weft.Proxy.State;
using Weft.Proxy.State.Workloads;

namespace Weft.World.DataPath.Edge;

/// <summary>Key pairs and authorities in files beside the proxy.</summary>
public sealed class FileCredentialTests
{
    [Fact]
    public async Task Gateway_WithFiles_ShowsTheirCertificate()
    {
        using var kit = new EdgeKit();
        EdgeCertificate own = kit.Authority.Issue("a.example.com");
        kit.Https("a", own, "a.example.com", tls => tls.Credentials[0] = new FileCredentialName(own.CertificateFile, own.KeyFile, "", "").ToString());
        kit.Start();
        Assert.Equal("a\n200", (await kit.CurlAsync("a.example.com")).Output);
    }

    [Theory]
    [InlineData(true, "origin sni=a.example.com client=CN=client.example.com\n200")]
    [InlineData(false, "\n503")]
    public async Task Origin_WithFiles_IsShownTheirCertificateOrNotSpokenTo(bool exist, string expected)
    {
        using var kit = new EdgeKit();
        using var origin = new TlsOrigin("origin", kit.Authority.Issue("a.example.com")) { AsksForCertificate = true };
        EdgeCertificate client = kit.Authority.Issue("client.example.com");
        GatewayListener listener = kit.Https("plain", kit.Authority.Issue("unused"), "*");
        listener.Protocol = AppProtocol.Http1;
        listener.Tls = null;
        Cluster cluster = kit.Cluster("tls.default.svc.cluster.local", 443, origin.Port);
        cluster.Protocol = AppProtocol.Http1;
        cluster.Tls = new UpstreamTls
        {
            Mode = UpstreamTls.Types.Mode.Mutual, Sni = "a.example.com",
            Credential = new FileCredentialName(client.CertificateFile, exist ? client.KeyFile : client.KeyFile + ".gone", kit.Authority.TrustFile, "").ToString(),
        };
        kit.Config.RouteSets[0].VirtualHosts[0].Routes[0] = new Route { Forward = new Forward { Clusters = { new WeightedCluster { Cluster = cluster.Name, Weight = 100 } } } };
        kit.Start();
        ToolResult result = await Tool.RunAsync("curl", $"-sS --max-time 10 -w \\n%{{http_code}} http://127.0.0.1:{kit.Port}/");
        Assert.EndsWith(expected, result.Output);
    }

    [Fact]
    public void Look_AfterAFileHasChanged_TakesTheNewOne()
    {
        using var world = new FileWorld();
        world.Write(world.Authority.Issue("one.example.com"));
        world.Want();
        Assert.Contains("CERTIFICATE", world.Last?.CertificatePem);
        CredentialModel? first = world.Last;
        world.Look();
        Assert.Same(first, world.Last);
        world.Write(world.Authority.Issue("two.example.com"));
        world.Look();
        Assert.NotEqual(first?.CertificatePem, world.Last?.CertificatePem);
        Assert.Empty(world.Notices);
    }

    /// <summary>While a pair is renewed file by file, the old one serves.</summary>
    [Fact]
    public void Look_PairThatDoesNotFit_KeepsTheLastGoodOne()
    {
        using var world = new FileWorld();
        world.Write(world.Authority.Issue("one.example.com"));
        world.Want();
        CredentialModel? first = world.Last;
        world.WriteCertificateOnly(world.Authority.Issue("two.example.com"));
        world.Look();
        Assert.Same(first, world.Last);
        Assert.Contains("stays in use", Assert.Single(world.Notices));
    }

    [Fact]
    public void Look_FileThatIsGone_TakesTheCredentialAway()
    {
        using var world = new FileWorld();
        world.Write(world.Authority.Issue("one.example.com"));
        world.Want();
        File.Delete(world.Name.Key);
        world.Look();
        Assert.Null(world.Last);
        Assert.Contains($"{world.Name.Key} is not there", Assert.Single(world.Notices));
    }

    public static TheoryData<string, string> Refused => new()
    {
        { "relative", "is not an absolute path" },
        { "missing", "is not there" },
        { "empty", "is empty" },
        { "forbidden", "one of the mesh's own files" },
        { "link", "one of the mesh's own files" },
        { "garbage", "holds no certificate" },
        { "lonely", "needs its private key" },
    };

    [Theory]
    [MemberData(nameof(Refused))]
    public void Want_FileThatCannotBeUsed_IsMissingAndSaysWhy(string kind, string reason)
    {
        using var world = new FileWorld();
        world.Prepare(kind);
        world.Want();
        Assert.Equal((1, null), (world.Settled, world.Last));
        Assert.Contains(reason, Assert.Single(world.Notices));
    }

    /// <summary>Files, and what became of them. Time stands still: a test looks when it wants to.</summary>
    private sealed class FileWorld : IDisposable
    {
        private readonly FileCredentials _files;
        private int _writes;

        internal FileWorld()
        {
            Forbidden = Directory.CreateDirectory(Path.Combine(Authority.Folder, "mesh")).FullName;
            Name = new FileCredentialName(Path.Combine(Authority.Folder, "own.crt"), Path.Combine(Authority.Folder, "own.key"), "", "");
            _files = new FileCredentials((_, read) => (Last, Settled) = (read, Settled + 1), Notices.Add, Forbidden, new StillTime());
        }

        internal EdgeAuthority Authority { get; } = new();

        internal string Forbidden { get; }

        internal FileCredentialName Name { get; private set; }

        internal CredentialModel? Last { get; private set; }

        internal int Settled { get; private set; }

        internal List<string> Notices { get; } = [];

        internal void Write(EdgeCertificate certificate)
        {
            WriteCertificateOnly(certificate);
            Put(Name.Key, certificate.KeyPem);
        }

        internal void WriteCertificateOnly(EdgeCertificate certificate) => Put(Name.Certificate, certificate.Pem);

        internal void Prepare(string kind)
        {
            EdgeCertificate pair = Authority.Issue("one.example.com");
            Write(pair);
            string inside = Path.Combine(Forbidden, "key.pem");
            Put(inside, pair.KeyPem);
            switch (kind)
            {
                case "relative":
                    Name = Name with { Key = "own.key" };
                    break;
                case "missing":
                    File.Delete(Name.Key);
                    break;
                case "empty":
                    Put(Name.Key, "");
                    break;
                case "forbidden":
                    Name = Name with { Key = inside };
                    break;
                case "link":
                    File.Delete(Name.Key);
                    File.CreateSymbolicLink(Name.Key, inside);
                    break;
                case "garbage":
                    Put(Name.Certificate, "no certificate");
                    break;
                case "lonely":
                    Name = Name with { Key = "" };
                    break;
            }
        }

        internal void Want()
        {
            _files.Want(Name.ToString());
            Look();
        }

        internal void Look() => _files.Look();

        public void Dispose()
        {
            _files.Dispose();
            Authority.Dispose();
        }

        /// <summary>Each write has a time of its own, however fast they follow.</summary>
        private void Put(string file, string text)
        {
            File.WriteAllText(file, text);
            File.SetLastWriteTimeUtc(file, DateTime.UnixEpoch.AddMinutes(++_writes));
        }
    }

    private sealed class StillTime : TimeProvider
    {
        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) => new StillTimer();

        private sealed class StillTimer : ITimer
        {
            public bool Change(TimeSpan dueTime, TimeSpan period) => true;

            public void Dispose()
            {
            }

            public ValueTask DisposeAsync() => ValueTask.CompletedTask;
        }
    }
}
