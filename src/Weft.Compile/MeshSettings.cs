using System.Text.Json.Nodes;
using Weft.Dialects.Fields;
using Weft.Dialects.Reading;
using Weft.Resources;

namespace Weft.Compile;

/// <summary>What Weft takes from Istio's MeshConfig: the ConfigMap `istio` of the root namespace, key `mesh`.</summary>
internal sealed record MeshSettings
{
    public const string ConfigMapName = "istio";

    public bool RegistryOnly { get; init; }

    public bool AutoMutualTls { get; init; } = true;

    public IReadOnlyList<string> TrustDomainAliases { get; init; } = [];

    public bool AccessLog { get; init; } = true;

    public double? SamplingPercent { get; init; }

    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary>defaultHttpRetryPolicy; absent when the mesh says nothing.</summary>
    public Field DefaultRetries { get; init; }

    public static MeshSettings Read(ResourceSnapshot snapshot, CompileOptions options)
    {
        Resource? map = snapshot.Find(new ResourceKey("", "ConfigMap", options.IstioRootNamespace, ConfigMapName));
        string text = new Field(map?.Json)["data"]["mesh"].Text;
        if (text.Length == 0 || !ResourceReader.TryReadValue(text, out JsonNode? value))
        {
            return new MeshSettings();
        }
        Field mesh = new(value);
        return new MeshSettings
        {
            RegistryOnly = mesh["outboundTrafficPolicy"]["mode"].Text == "REGISTRY_ONLY",
            AutoMutualTls = mesh["enableAutoMtls"].Bool ?? true,
            TrustDomainAliases = [.. mesh["trustDomainAliases"].Texts],
            SamplingPercent = mesh["defaultConfig"]["tracing"]["sampling"].Real,
            ConnectTimeout = mesh["connectTimeout"].Duration,
            DefaultRetries = mesh["defaultHttpRetryPolicy"],
        };
    }
}
