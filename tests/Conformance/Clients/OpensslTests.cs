using Weft.Conformance.Kit;
using Weft.EndToEnd.Kit;

namespace Weft.Conformance.Clients;

/// <summary>OpenSSL's own client, with each suite of TLS 1.3: renews its keys in the middle of the connection, and asks us to renew ours (RFC 8446 §4.6.3).</summary>
public sealed class OpensslTests(ClientWorld world) : IClassFixture<ClientWorld>
{
    private const string Request = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";

    public static TheoryData<string> Suites => ["TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"];

    [Theory]
    [MemberData(nameof(Suites))]
    public async Task Client_RenewsKeysBetweenRequests_GetsEveryAnswer(string suite)
    {
        // A letter alone in one read is a command to s_client; what it says of it shows that the next one will stand alone too.
        using ChildProcess client = ChildProcess.Start(
            Repository.Tool("openssl", "openssl"), ["s_client", "-connect", $"127.0.0.1:{world.Ports[1].Tls}", "-servername", "localhost", "-tls1_3", "-ciphersuites", suite]);
        await client.Output.WaitAsync(suite);
        int answers = 0, renewals = 0;
        foreach (string step in new[] { "", "k", "K", "K", "k" })
        {
            if (step.Length > 0)
            {
                client.Write(step + "\n");
                await client.Error.WaitAsync("KEYUPDATE", ++renewals);
            }

            client.Write(Request);
            await client.Output.WaitAsync("HTTP/1.1 200", ++answers);
        }
    }
}
