using System.Text;
using Weft.Transport;

namespace Weft.Unit.Transport;

public sealed class TlsTests
{
    private const string Web = "spiffe://weft.local/ns/default/sa/web";
    private const string Api = "spiffe://weft.local/ns/default/sa/api";

    [Fact]
    public async Task Handshake_BothOfOneMesh_ProvesBothIdentitiesAndCarriesData()
    {
        using var kit = new LoopKit();
        var authority = new TestAuthority();
        using TlsContext server = TlsContext.Server(authority.Options(Api));
        using TlsContext client = TlsContext.Client(authority.Options(Web));
        string? seenByServer = null;
        SocketTarget target = kit.Serve(async LoopTask (c) =>
        {
            if (await c.SecureAsServer(server) == IoStatus.Ok)
            {
                seenByServer = $"{c.Tls!.Identity} {c.Tls.ServerName} {c.Tls.Alpn} {c.Tls.Version}";
                await LoopConnectionTests.EchoAsync(c);
            }
        });
        string seenByClient = await kit.RunAsync(async LoopTask<string> () =>
        {
            LoopConnection connection = await kit.DialAsync(target);
            IoStatus status = await connection.SecureAsClient(client, "p9080.weft");
            Assert.True(status == IoStatus.Ok, $"{status} {connection.TlsError}");
            connection.Write("secret"u8);
            await connection.ReadAsync();
            string text = $"{connection.Tls!.Identity} {Encoding.ASCII.GetString(connection.Input)}";
            connection.Consume(6);
            connection.Finish();
            Assert.Equal(IoStatus.End, await connection.ReadAsync());
            connection.Close();
            return text;
        });
        Assert.Equal($"{Web} p9080.weft weft/1 TLSv1.3", seenByServer);
        Assert.Equal($"{Api} secret", seenByClient);
    }

    public static TheoryData<string> Strangers => ["no certificate", "another authority", "another protocol"];

    [Theory]
    [MemberData(nameof(Strangers))]
    public async Task Handshake_Stranger_IsRefused(string kind)
    {
        using var kit = new LoopKit();
        var authority = new TestAuthority();
        TlsContextOptions own = authority.Options(Web);
        TlsContextOptions options = kind switch
        {
            "no certificate" => own with { CertificateChainPem = null, PrivateKeyPem = null },
            "another authority" => new TestAuthority("other").Options(Web) with { TrustPem = authority.TrustPem },
            _ => own with { Alpn = ["h2"] },
        };
        using TlsContext server = TlsContext.Server(authority.Options(Api));
        using TlsContext client = TlsContext.Client(options);
        var seen = new TaskCompletionSource<IoStatus>();
        SocketTarget target = kit.Serve(async LoopTask (c) =>
        {
            seen.SetResult(await c.SecureAsServer(server));
            c.Close();
        });
        IoStatus status = await kit.RunAsync(async LoopTask<IoStatus> () =>
        {
            LoopConnection connection = await kit.DialAsync(target);
            IoStatus s = await connection.SecureAsClient(client, null);
            s = s == IoStatus.Ok ? await connection.ReadAsync() : s;
            connection.Close();
            return s;
        });
        Assert.Equal(IoStatus.TlsFailed, await seen.Task);
        Assert.Equal(IoStatus.TlsFailed, status);
    }

    [Theory]
    [InlineData(true, IoStatus.Ok)]
    [InlineData(false, IoStatus.TlsFailed)]
    public async Task Handshake_PinnedRoot_HoldsOnlyForThatRoot(bool same, IoStatus expected)
    {
        using var kit = new LoopKit();
        var authority = new TestAuthority();
        using TlsContext server = TlsContext.Server(authority.Options(Api, withRoot: true) with { ClientCertificate = TlsPeerCheck.None, Alpn = ["h2"] });
        string pin = same ? authority.RootSha256 : new TestAuthority().RootSha256;
        using TlsContext client = TlsContext.Client(new TlsContextOptions { RootSha256 = pin, Alpn = ["h2"] });
        SocketTarget target = kit.Serve(async LoopTask (c) =>
        {
            await c.SecureAsServer(server);
            await c.ReadAsync();
            c.Close();
        });
        IoStatus status = await kit.RunAsync(async LoopTask<IoStatus> () =>
        {
            LoopConnection connection = await kit.DialAsync(target);
            IoStatus s = await connection.SecureAsClient(client, "weft-control");
            connection.Close();
            return s;
        });
        Assert.Equal(expected, status);
    }

    [Fact]
    public async Task Transfer_LargeUnderTls_ArrivesWhole()
    {
        using var kit = new LoopKit(loops: 2);
        var authority = new TestAuthority();
        using TlsContext server = TlsContext.Server(authority.Options(Api));
        using TlsContext client = TlsContext.Client(authority.Options(Web));
        const int Total = 4 << 20;
        SocketTarget target = kit.Serve(async LoopTask (c) =>
        {
            await c.SecureAsServer(server);
            await LoopConnectionTests.EchoAsync(c);
        });
        long received = await kit.RunAsync(async LoopTask<long> () =>
        {
            LoopConnection connection = await kit.DialAsync(target);
            await connection.SecureAsClient(client, null);
            LoopTask writing = WriteAsync(connection, Total);
            long count = 0;
            while (await connection.ReadAsync() == IoStatus.Ok)
            {
                count += connection.Input.Length;
                connection.Consume(connection.Input.Length);
            }

            await writing;
            connection.Close();
            return count;
        });
        Assert.Equal(Total, received);
    }

    [Fact]
    public async Task Exchange_WarmUnderTls_AllocatesNothing()
    {
        using var kit = new LoopKit();
        var authority = new TestAuthority();
        using TlsContext server = TlsContext.Server(authority.Options(Api));
        using TlsContext client = TlsContext.Client(authority.Options(Web));
        SocketTarget target = kit.Serve(async LoopTask (c) =>
        {
            await c.SecureAsServer(server);
            await LoopConnectionTests.EchoAsync(c);
        });
        long bytes = await kit.RunAsync(async LoopTask<long> () =>
        {
            LoopConnection connection = await kit.DialAsync(target);
            await connection.SecureAsClient(client, null);
            long before = 0;
            for (int i = 0; i < 1_000; i++)
            {
                if (i == 50)
                {
                    before = GC.GetAllocatedBytesForCurrentThread();
                }

                connection.Write("ping"u8);
                await connection.ReadAsync();
                connection.Consume(connection.Input.Length);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            connection.Close();
            return allocated;
        });
        Assert.Equal(0L, bytes);
    }

    private static async LoopTask WriteAsync(LoopConnection connection, int total)
    {
        byte[] piece = new byte[40_000];
        for (int written = 0; written < total;)
        {
            int count = Math.Min(piece.Length, total - written);
            connection.Write(piece.AsSpan(0, count));
            written += count;
            if (await connection.FlushAsync() != IoStatus.Ok)
            {
                return;
            }
        }

        connection.Finish();
    }
}
