using Weft.Model.V1;

namespace Weft.World.DataPath.Edge;

/// <summary>TLS that a gateway ends, against openssl and curl.</summary>
public sealed class GatewayTlsTests
{
    public static TheoryData<string, string> Names => new()
    {
        { "a.example.com", "CN = a.example.com" },
        { "A.EXAMPLE.COM", "CN = a.example.com" },
        { "b.example.com", "CN = *.example.com" },
        { "c.deep.example.com", "CN = *.deep.example.com" },
        { "c.b.example.com", "CN = *.example.com" }, // a listener's wildcard covers more labels than its certificate does
        { "example.com", "unrecognized name" },
        { "elsewhere.org", "unrecognized name" },
        { "", "missing extension" },
    };

    [Theory]
    [MemberData(nameof(Names))]
    public async Task ServerName_AmongListenersOfAPort_PicksTheMostSpecific(string name, string expected)
    {
        using var kit = new EdgeKit();
        kit.Https("deep", kit.Authority.Issue("*.deep.example.com"), "*.deep.example.com");
        kit.Https("wild", kit.Authority.Issue("*.example.com"), "*.example.com");
        kit.Https("exact", kit.Authority.Issue("a.example.com"), "a.example.com");
        kit.Start();
        ToolResult result = await kit.OpensslAsync(name);
        Assert.Contains(expected, result.Output + result.Error);
    }

    [Fact]
    public async Task Request_WithTheHostOfAnotherListener_IsMisdirected()
    {
        using var kit = new EdgeKit();
        kit.Https("a", kit.Authority.Issue("a.example.com"), "a.example.com");
        kit.Https("b", kit.Authority.Issue("b.example.com"), "b.example.com");
        kit.Https("any", kit.Authority.Issue("any.example.com"), "*");
        kit.Start();
        Assert.Equal("a\n200", (await kit.CurlAsync("a.example.com")).Output);
        Assert.Equal("b\n200", (await kit.CurlAsync("b.example.com")).Output);
        Assert.EndsWith("\n421", (await kit.CurlAsync("a.example.com", "-H Host:b.example.com")).Output);
        Assert.EndsWith("\n421", (await kit.CurlAsync("a.example.com", "-H Host:other.example.com")).Output);
        Assert.EndsWith("\n421", (await kit.CurlAsync("any.example.com", "-H Host:a.example.com")).Output);
        Assert.Equal("any\n200", (await kit.CurlAsync("any.example.com", "-H Host:other.example.com")).Output);
    }

    /// <remarks>RFC 8446 §8: a request in early data can be sent again by whoever saw it. Our tickets allow none.</remarks>
    [Fact]
    public async Task Ticket_OfASession_AllowsNoEarlyData()
    {
        using var kit = new EdgeKit();
        kit.Https("a", kit.Authority.Issue("a.example.com"), "a.example.com");
        kit.Start();
        ToolResult result = await kit.OpensslAsync("a.example.com", "-tls1_3 -ign_eof", "GET / HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n\r\n");
        Assert.Contains("Post-Handshake New Session Ticket", result.Output);
        Assert.Contains("Max Early Data: 0", result.Output);
    }

    public static TheoryData<ServerTls.Types.Mode, string, bool> Clients => new()
    {
        { ServerTls.Types.Mode.Simple, "none", true },
        { ServerTls.Types.Mode.Simple, "other", true },
        { ServerTls.Types.Mode.Mutual, "none", false },
        { ServerTls.Types.Mode.Mutual, "ours", true },
        { ServerTls.Types.Mode.Mutual, "unnamed", false },
        { ServerTls.Types.Mode.Mutual, "other", false },
        { ServerTls.Types.Mode.OptionalMutual, "none", true },
        { ServerTls.Types.Mode.OptionalMutual, "ours", true },
        { ServerTls.Types.Mode.OptionalMutual, "unnamed", false },
        { ServerTls.Types.Mode.OptionalMutual, "other", false },
        { ServerTls.Types.Mode.MeshMutual, "none", false },
        { ServerTls.Types.Mode.MeshMutual, "other", false },
        { ServerTls.Types.Mode.MeshMutual, "peer", true },
    };

    [Theory]
    [MemberData(nameof(Clients))]
    public async Task ClientCertificate_ByModeOfTheListener_IsTakenOrRefused(ServerTls.Types.Mode mode, string who, bool served)
    {
        using var kit = new EdgeKit();
        using var others = new EdgeAuthority();
        EdgeCertificate own = kit.Authority.Issue("spiffe://weft.local/ns/default/sa/edge", "a.example.com");
        kit.Config.Identity = new Weft.Proxy.Static.StaticIdentity("spiffe://weft.local/ns/default/sa/edge", own.Pem, own.KeyPem, own.TrustPem);
        kit.Https("a", kit.Authority.Issue("a.example.com"), "a.example.com", tls =>
        {
            tls.Mode = mode;
            if (mode is not ServerTls.Types.Mode.MeshMutual)
            {
                tls.SubjectAltNames.Add("client.example.com");
            }
        });
        kit.Start();
        EdgeCertificate? client = who switch
        {
            "ours" => kit.Authority.Issue("client.example.com"),
            "unnamed" => kit.Authority.Issue("somebody.example.com"),
            "other" => others.Issue("client.example.com"),
            "peer" => kit.Authority.Issue("spiffe://weft.local/ns/default/sa/web"),
            _ => null,
        };
        ToolResult result = await kit.CurlAsync("a.example.com", client is null ? "" : $"--cert {client.CertificateFile} --key {client.KeyFile}");
        Assert.True(served == (result.Output == "a\n200"), result.ToString());
    }

    [Fact]
    public async Task ClientCertificate_ThatDoesNotHold_PassesWhereTheListenerSaysSo()
    {
        using var kit = new EdgeKit();
        using var others = new EdgeAuthority();
        kit.Https("a", kit.Authority.Issue("a.example.com"), "a.example.com", tls =>
        {
            tls.Mode = ServerTls.Types.Mode.OptionalMutual;
            tls.AcceptUnverified = true;
        });
        kit.Start();
        EdgeCertificate stranger = others.Issue("x");
        Assert.Equal("a\n200", (await kit.CurlAsync("a.example.com", $"--cert {stranger.CertificateFile} --key {stranger.KeyFile}")).Output);
        Assert.Equal("a\n200", (await kit.CurlAsync("a.example.com")).Output);
    }

    public static TheoryData<string, string, string, string, string> Protocols => new()
    {
        { "", "", "", "-tls1_3", "New, TLSv1.3, Cipher is TLS_AES_128_GCM_SHA256" },
        { "", "", "", "-tls1_2", "New, TLSv1.2, Cipher is ECDHE-ECDSA-AES128-GCM-SHA256" },
        { "", "", "", "-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA:ECDHE-ECDSA-AES256-GCM-SHA384", "Cipher is ECDHE-ECDSA-AES256-GCM-SHA384" },
        { "", "", "", "-tls1_2 -cipher ECDHE-ECDSA-AES256-SHA", "handshake failure" },
        { "", "", "", "-tls1_1 -cipher DEFAULT:@SECLEVEL=0", "Cipher is (NONE)" },
        { "1.3", "", "", "-tls1_2", "protocol version" },
        { "", "1.2", "", "", "New, TLSv1.2" },
        { "", "1.2", "ECDHE-ECDSA-AES256-GCM-SHA384:eNULL:ALL", "", "Cipher is ECDHE-ECDSA-AES256-GCM-SHA384" },
        { "", "1.2", "ECDHE-ECDSA-AES256-SHA", "", "Cipher is ECDHE-ECDSA-AES256-SHA" },
        { "", "", "", "-groups X25519", "Server Temp Key: X25519" },
        { "", "", "", "-groups P-384", "ECDH, secp384r1" },
        { "", "", "", "-groups P-521", "handshake failure" },
        { "", "", "", "-alpn h2,http/1.1", "ALPN protocol: h2" },
        { "", "", "", "-alpn spdy/3", "No ALPN negotiated" },
    };

    [Theory]
    [MemberData(nameof(Protocols))]
    public async Task Handshake_WhatOpensslAsksFor_IsWhatTheListenerAllows(string min, string max, string suites, string arguments, string expected)
    {
        using var kit = new EdgeKit();
        kit.Https("a", kit.Authority.Issue("a.example.com"), "a.example.com", tls =>
        {
            tls.MinVersion = min;
            tls.MaxVersion = max;
            tls.CipherSuites.Add(suites.Split(':', StringSplitOptions.RemoveEmptyEntries));
        });
        kit.Start();
        ToolResult result = await kit.OpensslAsync("a.example.com", arguments);
        Assert.Contains(expected, result.Output + result.Error);
    }

    [Theory]
    [InlineData("ECDSA+SHA256", "ECDSA")]
    [InlineData("RSA-PSS+SHA256", "RSA-PSS")]
    public async Task Certificates_OfTwoKindsForOneName_ServeBothKindsOfClients(string signatures, string expected)
    {
        using var kit = new EdgeKit();
        GatewayListener listener = kit.Https("a", kit.Authority.Issue("a.example.com"), "a.example.com");
        kit.Config.Credentials.Add(kit.Authority.IssueRsa("a.example.com").As("default/rsa"));
        listener.Tls.Credentials.Add("default/rsa");
        kit.Start();
        ToolResult result = await kit.OpensslAsync("a.example.com", $"-sigalgs {signatures}");
        Assert.Contains($"Peer signature type: {expected}", result.Output);
    }

    [Theory]
    [InlineData("a.example.com")]
    [InlineData("b.example.com")]
    public async Task Certificates_OfOneListener_AreChosenByName(string name)
    {
        using var kit = new EdgeKit();
        GatewayListener listener = kit.Https("a", kit.Authority.Issue("a.example.com"), "*");
        kit.Config.Credentials.Add(kit.Authority.Issue("b.example.com").As("default/b"));
        listener.Tls.Credentials.Add("default/b");
        kit.Start();
        Assert.Equal("a\n200", (await kit.CurlAsync(name)).Output);
    }

    [Fact]
    public async Task Listener_WithoutAUsableCertificate_LeavesTheOthersServing()
    {
        using var kit = new EdgeKit();
        kit.Https("good", kit.Authority.Issue("good.example.com"), "good.example.com");
        GatewayListener bad = kit.Https("bad", kit.Authority.Issue("bad.example.com"), "bad.example.com");
        kit.Config.Credentials[1].PrivateKeyPem = "nonsense";
        Assert.Equal("default/bad", bad.Tls.Credentials[0]);
        kit.Start();
        Assert.NotEqual(0, (await kit.CurlAsync("bad.example.com")).ExitCode);
        Assert.Equal("good\n200", (await kit.CurlAsync("good.example.com")).Output);
        Assert.Contains("The listener has no usable certificate.", kit.Log());
    }

    [Fact]
    public async Task ClientCertificate_ThatWasTakenBack_IsRefused()
    {
        using var kit = new EdgeKit();
        EdgeCertificate good = kit.Authority.Issue("good"), revoked = kit.Authority.Issue("revoked");
        kit.Https("a", kit.Authority.Issue("a.example.com"), "a.example.com", tls => tls.Mode = ServerTls.Types.Mode.Mutual);
        kit.Config.Credentials[0].CrlPem = kit.Authority.Revoke(revoked);
        kit.Start();
        Assert.Equal("a\n200", (await kit.CurlAsync("a.example.com", $"--cert {good.CertificateFile} --key {good.KeyFile}")).Output);
        Assert.NotEqual(0, (await kit.CurlAsync("a.example.com", $"--cert {revoked.CertificateFile} --key {revoked.KeyFile}")).ExitCode);
    }

    [Fact]
    public async Task OcspStaple_OfTheCredential_IsShownToWhoAsks()
    {
        using var kit = new EdgeKit();
        EdgeCertificate own = kit.Authority.Issue("a.example.com");
        using var parsed = System.Security.Cryptography.X509Certificates.X509Certificate2.CreateFromPem(own.Pem);
        string folder = kit.Authority.Folder, authority = kit.Authority.TrustFile;
        await File.WriteAllTextAsync($"{folder}/index.txt", $"V\t600101000000Z\t\t{parsed.SerialNumber}\tunknown\t/CN=a.example.com\n");
        ToolResult made = await Tool.RunAsync(
            "openssl", $"ocsp -index {folder}/index.txt -CA {authority} -rsigner {authority} -rkey {kit.Authority.KeyFile} -issuer {authority} -cert {own.CertificateFile} -respout {folder}/staple.der -ndays 1");
        Assert.True(made.ExitCode == 0, made.ToString());
        kit.Https("a", own, "a.example.com");
        kit.Config.Credentials[0].OcspStaple = Google.Protobuf.ByteString.CopyFrom(await File.ReadAllBytesAsync($"{folder}/staple.der"));
        kit.Start();
        Assert.Contains("OCSP Response Status: successful", (await kit.OpensslAsync("a.example.com", "-status")).Output);
        Assert.Contains("Cert Status: good", (await kit.OpensslAsync("a.example.com", "-status")).Output);
        Assert.DoesNotContain("OCSP Response Status", (await kit.OpensslAsync("a.example.com")).Output);
    }

    [Fact]
    public async Task Session_OfAnEarlierConnection_IsResumed()
    {
        using var kit = new EdgeKit();
        kit.Https("a", kit.Authority.Issue("a.example.com"), "a.example.com");
        kit.Start();
        const string Request = "GET / HTTP/1.1\r\nHost: a.example.com\r\nConnection: close\r\n\r\n";
        string file = $"{kit.Authority.Folder}/session";
        Assert.Contains("New, TLSv1.3", (await kit.OpensslAsync("a.example.com", $"-ign_eof -sess_out {file}", Request)).Output);
        Assert.Contains("Reused, TLSv1.3", (await kit.OpensslAsync("a.example.com", $"-ign_eof -sess_in {file}", Request)).Output);
        Assert.Contains("New, TLSv1.2", (await kit.OpensslAsync("a.example.com", $"-tls1_2 -ign_eof -sess_out {file}", Request)).Output);
        Assert.Contains("Reused, TLSv1.2", (await kit.OpensslAsync("a.example.com", $"-tls1_2 -ign_eof -sess_in {file}", Request)).Output);
    }
}
