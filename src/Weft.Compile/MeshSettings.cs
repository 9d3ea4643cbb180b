using System.Text.Json.Nodes;
using Weft.Dialects.Fields;
using Weft.Dialects.Reading;
using Weft.Resources;

namespace Weft.Compile;

/// <summary>What Weft takes from Istio's MeshConfig: the ConfigMap `istio` of the root namespace, key `mesh`.</summary>
internal sealed record MeshSettings
{
    public const string ConfigMapName = "istio";

    /// <summary>Where OTLP over HTTP is served by default (opentelemetry.io/docs/specs/otlp, "OTLP/HTTP Default Port").</summary>
    private const int OtlpHttpPort = 4318;

    public bool RegistryOnly { get; init; }

    public bool AutoMutualTls { get; init; } = true;

    public IReadOnlyList<string> TrustDomainAliases { get; init; } = [];

    public bool AccessLog { get; init; } = true;

    public double? SamplingPercent { get; init; }

    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary>defaultHttpRetryPolicy; absent when the mesh says nothing.</summary>
    public Field DefaultRetries { get; init; }

    /// <summary>defaultTrafficPolicy: connectionPool and outlierDetection where no DestinationRule has a block of its own.</summary>
    public Field DefaultTraffic { get; init; }

    /// <summary>OTLP/HTTP endpoint of each tracing provider, by name: extensionProviders with `opentelemetry`.</summary>
    public IReadOnlyDictionary<string, string> TracingEndpoints { get; init; } = new Dictionary<string, string>();

    /// <summary>The provider that applies where no Telemetry resource names one: defaultProviders.tracing.</summary>
    public string DefaultTracing { get; init; } = "";

    /// <summary>localityLbSetting; absent when the mesh says nothing.</summary>
    public Field Locality { get; init; }

    /// <summary>defaultProviders.accessLogging names one.</summary>
    public bool HasDefaultLogging { get; init; }

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
            Locality = mesh["localityLbSetting"],
            DefaultTraffic = mesh["defaultTrafficPolicy"],
            HasDefaultLogging = mesh["defaultProviders"]["accessLogging"].Count > 0,
            TracingEndpoints = Providers(mesh["extensionProviders"]),
            DefaultTracing = mesh["defaultProviders"]["tracing"].Texts.FirstOrDefault() ?? "",
        };
    }

    private static Dictionary<string, string> Providers(Field providers)
    {
        Dictionary<string, string> endpoints = new(StringComparer.Ordinal);
        foreach (Field provider in providers.Items.Where(p => p["opentelemetry"]["service"].Text.Length > 0))
        {
            Field otlp = provider["opentelemetry"];
            string host = otlp["service"].Text[(otlp["service"].Text.IndexOf('/') + 1)..]; // "namespace/host" names a host too
            endpoints[provider["name"].Text] = $"http://{host}:{otlp["port"].Real ?? OtlpHttpPort}{otlp["http"]["path"].Text}";
        }
        return endpoints;
    }
}
