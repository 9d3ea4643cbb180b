using System.Security.Cryptography.X509Certificates;
using System.Text;
using YamlDotNet.RepresentationModel;

namespace Weft.Node.Control;

/// <summary>What a kubeconfig holds for one server: whom to trust and how to say who asks.</summary>
internal sealed record KubeConfig(string? Token, X509Certificate2Collection? Roots, X509Certificate2? ClientCertificate)
{
    public static KubeConfig? TryFind(string file, Uri server)
    {
        if (!File.Exists(file)) { return null; }
        var yaml = new YamlStream();
        using (var reader = new StringReader(File.ReadAllText(file))) { yaml.Load(reader); }
        if (yaml.Documents.Count == 0 || yaml.Documents[0].RootNode is not YamlMappingNode root) { return null; }
        YamlMappingNode? cluster = Entries(root, "clusters", "cluster").FirstOrDefault(c => SameServer(Text(c.Body, "server"), server)).Body;
        if (cluster is null) { return null; }
        string clusterName = Entries(root, "clusters", "cluster").First(c => ReferenceEquals(c.Body, cluster)).Name;
        string? user = Entries(root, "contexts", "context").Where(c => Text(c.Body, "cluster") == clusterName).Select(c => Text(c.Body, "user")).FirstOrDefault();
        YamlMappingNode? credentials = Entries(root, "users", "user").FirstOrDefault(u => u.Name == user).Body;
        return new KubeConfig(
            credentials is null ? null : Text(credentials, "token"),
            Text(cluster, "certificate-authority-data") is { } ca ? Certificates(ca) : null,
            credentials is null ? null : Certificate(Text(credentials, "client-certificate-data"), Text(credentials, "client-key-data")));
    }

    private static bool SameServer(string? written, Uri server) =>
        Uri.TryCreate(written, UriKind.Absolute, out Uri? other) && other.Port == server.Port
        && (other.Host == server.Host || (other.IsLoopback && server.IsLoopback));

    private static X509Certificate2Collection Certificates(string base64)
    {
        var roots = new X509Certificate2Collection();
        roots.ImportFromPem(Encoding.ASCII.GetString(Convert.FromBase64String(base64)));
        return roots;
    }

    private static X509Certificate2? Certificate(string? certificate, string? key) =>
        certificate is null || key is null
            ? null
            : X509Certificate2.CreateFromPem(
                Encoding.ASCII.GetString(Convert.FromBase64String(certificate)), Encoding.ASCII.GetString(Convert.FromBase64String(key)));

    private static IEnumerable<(string Name, YamlMappingNode Body)> Entries(YamlMappingNode root, string list, string body)
    {
        if (!root.Children.TryGetValue(new YamlScalarNode(list), out YamlNode? found) || found is not YamlSequenceNode entries) { yield break; }
        foreach (YamlMappingNode entry in entries.Children.OfType<YamlMappingNode>())
        {
            if (Text(entry, "name") is { } name && entry.Children.TryGetValue(new YamlScalarNode(body), out YamlNode? b) && b is YamlMappingNode map)
            {
                yield return (name, map);
            }
        }
    }

    private static string? Text(YamlMappingNode map, string name) =>
        map.Children.TryGetValue(new YamlScalarNode(name), out YamlNode? node) && node is YamlScalarNode { Value: { Length: > 0 } text } ? text : null;
}
