using Weft.Compile;
using Weft.Dialects.Reading;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Unit.Compile;

public sealed class NamedServiceTests
{
    /// <summary>ServiceEntry.resolution and what the proxy does with the names.</summary>
    [Theory]
    [InlineData("DNS", Cluster.Types.Discovery.Dns, "db.example.com:5432")]
    [InlineData("DNS_ROUND_ROBIN", Cluster.Types.Discovery.LogicalDns, "db.example.com:5432")]
    [InlineData("STATIC", Cluster.Types.Discovery.EndpointSet, "")]
    [InlineData("NONE", Cluster.Types.Discovery.OriginalDestination, "")]
    public void Resolution_OfEachKind_IsTheClustersDiscovery(string resolution, Cluster.Types.Discovery expected, string names)
    {
        ReadResult read = ResourceReader.ReadText($$"""
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: db, namespace: default}
            spec: {hosts: [db.example.com], resolution: {{resolution}}, ports: [{number: 5432, name: tcp, protocol: TCP}]}
            """);
        Cluster cluster = MeshCompiler.Compile(ResourceSnapshot.Of(read.Resources), CompileOptions.Default).Cluster("db.example.com:5432", new ClientScope("default"))!;
        Assert.Equal(expected, cluster.Discovery);
        Assert.Equal(names, string.Join(' ', cluster.Dns.Select(d => $"{d.Host}:{d.Port}")));
    }
}
