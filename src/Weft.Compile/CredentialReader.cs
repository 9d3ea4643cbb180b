using System.Text;
using Google.Protobuf;
using Weft.Dialects.Fields;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile;

/// <summary>v1 Secret → key pair, by the names that Kubernetes and Istio use; a CA may stand in "NAME-cacert".</summary>
internal static class CredentialReader
{
    public static Credential? Read(ResourceSnapshot snapshot, string name)
    {
        int slash = name.IndexOf('/');
        if (slash <= 0 || Secret(snapshot, name[..slash], name[(slash + 1)..]) is not { } secret)
        {
            return null;
        }
        string trusted = Value(secret, "ca.crt", "cacert");
        if (trusted.Length == 0 && Secret(snapshot, name[..slash], name[(slash + 1)..] + "-cacert") is { } authority)
        {
            trusted = Value(authority, "cacert", "ca.crt");
        }
        return new Credential
        {
            Name = name,
            CertificatePem = Value(secret, "tls.crt", "cert"),
            PrivateKeyPem = Value(secret, "tls.key", "key"),
            TrustedCaPem = trusted,
            CrlPem = Value(secret, "ca.crl", "crl"),
            OcspStaple = ByteString.CopyFrom(Binary(secret, "tls.ocsp-staple")),
        };
    }

    private static Resource? Secret(ResourceSnapshot snapshot, string ns, string name) => snapshot.Find(new ResourceKey("", "Secret", ns, name));

    private static string Value(Resource secret, string first, string second)
    {
        Field plain = new Field(secret.Json)["stringData"].Or(first, second);
        if (plain.Exists)
        {
            return plain.Text;
        }
        return Encoding.UTF8.GetString(Decode(new Field(secret.Json)["data"].Or(first, second).Text));
    }

    private static ReadOnlySpan<byte> Binary(Resource secret, string name) => Decode(new Field(secret.Json)["data"][name].Text);

    private static ReadOnlySpan<byte> Decode(string encoded)
    {
        byte[] bytes = new byte[encoded.Length];
        return Convert.TryFromBase64String(encoded, bytes, out int length) ? bytes.AsSpan(0, length) : default;
    }
}
