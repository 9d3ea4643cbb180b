using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Model.V1;

namespace Weft.World.DataPath.Edge;

/// <summary>Client certificates that a gateway's listener knows by hash, or by an authority that comes apart from its key pair.</summary>
public sealed class PinnedClientTests
{
    [Theory]
    [InlineData("certificate", true)]
    [InlineData("key", true)]
    [InlineData("either", true)]
    [InlineData("other", false)]
    [InlineData("broken", false)]
    public async Task Client_ByHashOfCertificateOrKey_IsTakenOrRefused(string pinned, bool served)
    {
        using var kit = new EdgeKit();
        EdgeCertificate client = kit.Authority.Issue("client.example.com");
        using var parsed = X509Certificate2.CreateFromPem(client.Pem);
        string hash = Convert.ToHexStringLower(SHA256.HashData(parsed.RawData));
        string key = Convert.ToHexStringLower(SHA256.HashData(parsed.PublicKey.ExportSubjectPublicKeyInfo()));
        kit.Https("a", kit.Authority.Issue("a.example.com"), "a.example.com", tls =>
        {
            tls.Mode = ServerTls.Types.Mode.Mutual;
            tls.CertificateHashes.Add(pinned switch { "certificate" => [hash], "either" or "other" => [new string('0', 64)], "broken" => ["no hash"], _ => [] });
            tls.KeyHashes.Add(pinned switch { "key" or "either" => [key], _ => (string[])[] });
        });
        kit.Start();
        ToolResult result = await kit.CurlAsync("a.example.com", $"--cert {client.CertificateFile} --key {client.KeyFile}");
        Assert.True(served == (result.Output == "a\n200"), result.ToString());
    }

    [Theory]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task Client_OfAnAuthorityInACredentialOfItsOwn_IsTakenWhereThatIsThere(bool isThere, bool served)
    {
        using var kit = new EdgeKit();
        using var others = new EdgeAuthority();
        kit.Https("a", kit.Authority.Issue("a.example.com"), "a.example.com", tls =>
        {
            tls.Mode = ServerTls.Types.Mode.Mutual;
            tls.TrustCredential = "default/clients";
        });
        if (isThere)
        {
            kit.Config.Credentials.Add(new Credential { Name = "default/clients", TrustedCaPem = others.TrustPem });
        }

        kit.Start();
        EdgeCertificate client = others.Issue("client.example.com"), own = kit.Authority.Issue("client.example.com");
        ToolResult result = await kit.CurlAsync("a.example.com", $"--cert {client.CertificateFile} --key {client.KeyFile}");
        Assert.True(served == (result.Output == "a\n200"), result.ToString());
        Assert.NotEqual("a\n200", (await kit.CurlAsync("a.example.com", $"--cert {own.CertificateFile} --key {own.KeyFile}")).Output);
    }

    [Theory]
    [InlineData("P-384", "-groups P-384", "ECDH, secp384r1")]
    [InlineData("P-384", "-groups X25519", "handshake failure")]
    [InlineData("P-521", "-groups P-521", "ECDH, secp521r1")]
    public async Task Curves_OfTheListener_AreTheOnlyOnes(string curves, string arguments, string expected)
    {
        using var kit = new EdgeKit();
        kit.Https("a", kit.Authority.Issue("a.example.com"), "a.example.com", tls => tls.Groups.Add(curves));
        kit.Start();
        ToolResult result = await kit.OpensslAsync("a.example.com", arguments);
        Assert.Contains(expected, result.Output + result.Error);
    }
}
