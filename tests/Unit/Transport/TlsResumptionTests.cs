using Weft.Transport;
using Weft.Transport.Tls;

namespace Weft.Unit.Transport;

public sealed class TlsResumptionTests
{
    private const string Web = "spiffe://weft.local/ns/default/sa/web";
    private const string Api = "spiffe://weft.local/ns/default/sa/api";

    [Fact]
    public async Task Connection_ToTheSameServer_ResumesWithTheSameIdentities()
    {
        var authority = new TestAuthority();
        using TlsContext server = TlsContext.Server(authority.Options(Api));
        using TlsContext client = TlsContext.Client(authority.Options(Web));
        Assert.Equal(["full " + Web + " " + Api, "resumed " + Web + " " + Api, "resumed " + Web + " " + Api], await ConnectAsync(client, ["api", "api", "api"], server));
        Assert.Equal(["full " + Web + " " + Api], await ConnectAsync(client, ["other"], server));
    }

    [Fact]
    public async Task Connection_AfterTheServersCertificateRotated_StillResumes()
    {
        var authority = new TestAuthority();
        using TlsContext before = TlsContext.Server(authority.Options(Api)), after = TlsContext.Server(authority.Options(Api));
        using TlsContext client = TlsContext.Client(authority.Options(Web));
        Assert.StartsWith("full", (await ConnectAsync(client, ["api"], before))[0]);
        Assert.StartsWith("resumed", (await ConnectAsync(client, ["api"], after))[0]);
    }

    public static TheoryData<string> Changes => ["trust", "identity", "asks less", "keys", "client"];

    [Theory]
    [MemberData(nameof(Changes))]
    public async Task Connection_AfterWhatItProvedChanged_IsFull(string change)
    {
        var authority = new TestAuthority();
        TlsContextOptions options = authority.Options(Api);
        using TlsContext before = TlsContext.Server(options), after = TlsContext.Server(change switch
        {
            "trust" => options with { TrustPem = options.TrustPem + "\n" + new TestAuthority("added").TrustPem },
            "identity" => authority.Options("spiffe://weft.local/ns/default/sa/api2"),
            "asks less" => options with { ClientCertificate = TlsPeerCheck.None },
            _ => options,
        });
        using TlsContext client = TlsContext.Client(authority.Options(Web)), rotated = TlsContext.Client(authority.Options(Web));
        Assert.StartsWith("full", (await ConnectAsync(client, ["api"], before))[0]);
        if (change == "keys")
        {
            TlsTickets.Forget();
        }

        Assert.StartsWith("full", (await ConnectAsync(change == "client" ? rotated : client, ["api"], after))[0]);
    }

    /// <summary>What both sides saw, connection by connection.</summary>
    private static async Task<IReadOnlyList<string>> ConnectAsync(TlsContext client, string[] sessions, TlsContext server)
    {
        using var kit = new LoopKit();
        var seen = new List<string>();
        SocketTarget target = kit.Serve(async LoopTask (c) =>
        {
            Assert.Equal(IoStatus.Ok, await c.SecureAsServer(server));
            seen.Add($"{(c.Tls!.IsResumed ? "resumed" : "full")} {c.Tls.Identity}");
            await LoopConnectionTests.EchoAsync(c);
        });
        foreach (string session in sessions)
        {
            string told = await kit.RunAsync(async LoopTask<string> () =>
            {
                LoopConnection connection = await kit.DialAsync(target);
                IoStatus status = await connection.SecureAsClient(client, new TlsServerNames("api", null, session));
                Assert.True(status == IoStatus.Ok, connection.TlsError);
                connection.Write("ping"u8); // the ticket comes before the answer
                await connection.ReadAsync();
                string identity = $" {connection.Tls!.Identity}";
                connection.Abort();
                return identity;
            });
            seen[^1] += told;
        }

        return seen;
    }
}
