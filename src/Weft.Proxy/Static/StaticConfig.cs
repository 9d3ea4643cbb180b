using System.Text;
using System.Text.Json;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Weft.Model.V1;
using Weft.Proxy.Draining;
using Weft.Proxy.Overload;
using Weft.Transport;

namespace Weft.Proxy.Static;

/// <summary>All that a proxy without a control plane knows: the schema's own messages, in the JSON form of protobuf, and where to listen.</summary>
public sealed class StaticConfig
{
    public int Loops { get; set; } = 1;

    public LoopLimits LoopLimits { get; set; } = new();

    /// <summary>Where gateway listeners bind that name no address.</summary>
    public string GatewayBind { get; set; } = "127.0.0.1";

    /// <summary>Which local port a gateway's listener port really takes.</summary>
    public Dictionary<int, int> GatewayPorts { get; } = [];

    /// <summary>"127.0.0.1:15006": calls from peers. Null: none.</summary>
    public string? Inbound { get; set; }

    /// <summary>"127.0.0.1:15001": the application speaks to it as to an HTTP proxy. Null: none.</summary>
    public string? ExplicitOutbound { get; set; }

    public string AppAddress { get; set; } = "127.0.0.1";

    /// <summary>Where a declared port really listens.</summary>
    public Dictionary<int, int> AppPorts { get; } = [];

    public OverloadLimits Limits { get; set; } = new();

    public DrainTerms Drain { get; set; } = DrainTerms.Default;

    public StaticIdentity? Identity { get; set; }

    public Workload Workload { get; set; } = new() { Name = "default/static", Namespace = "default" };

    public List<Frontend> Frontends { get; } = [];

    public List<RouteSet> RouteSets { get; } = [];

    public List<TcpRouteSet> TcpRouteSets { get; } = [];

    public List<Cluster> Clusters { get; } = [];

    public List<EndpointSet> EndpointSets { get; } = [];

    public List<Credential> Credentials { get; } = [];

    /// <summary>Throws <see cref="InvalidDataException"/> naming the field and the cure.</summary>
    public static StaticConfig Parse(string json)
    {
        try
        {
            var config = new StaticConfig();
            foreach (JsonProperty field in ReadRoot(json).EnumerateObject())
            {
                config.Take(field);
            }

            return config;
        }
        catch (Exception e) when (e is JsonException or InvalidJsonException or InvalidProtocolBufferException or InvalidOperationException or FormatException)
        {
            throw new InvalidDataException($"The static configuration is not valid: {e.Message}", e);
        }
    }

    /// <summary>In memory of its own: a document's is lent by a pool, which would keep tens of MiB of it for the life of the process.</summary>
    private static JsonElement ReadRoot(string json)
    {
        var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(json), new JsonReaderOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
        JsonElement root = JsonElement.ParseValue(ref reader);
        while (reader.Read())
        {
            // Nothing may follow: it throws.
        }

        return root;
    }

    private void Take(JsonProperty field)
    {
        JsonElement value = field.Value;
        switch (field.Name)
        {
            case "loops":
                Loops = value.GetInt32();
                break;
            case "gatewayBind":
                GatewayBind = value.GetString() ?? GatewayBind;
                break;
            case "inbound":
                Inbound = value.GetString();
                break;
            case "explicitOutbound":
                ExplicitOutbound = value.GetString();
                break;
            case "appAddress":
                AppAddress = value.GetString() ?? AppAddress;
                break;
            case "appPorts":
                ReadPorts(value, AppPorts);
                break;
            case "gatewayPorts":
                ReadPorts(value, GatewayPorts);
                break;
            case "drain":
                foreach (JsonProperty seconds in value.EnumerateObject())
                {
                    TimeSpan time = TimeSpan.FromSeconds(seconds.Value.GetInt32());
                    Drain = seconds.Name == "stopSeconds" ? Drain with { Stop = time } : Drain with { Restart = time };
                }

                break;
            case "limits":
                Limits = new OverloadLimits
                {
                    MemoryBytes = value.TryGetProperty("memoryMiB", out JsonElement mebibytes) ? mebibytes.GetInt64() << 20 : 0,
                    Connections = value.TryGetProperty("connections", out JsonElement connections) ? connections.GetInt32() : 0,
                };
                break;
            case "identity":
                Identity = StaticIdentity.Read(value);
                break;
            default:
                TakeResource(field);
                break;
        }
    }

    private void TakeResource(JsonProperty field)
    {
        switch (field.Name)
        {
            case "workload":
                Workload = Read<Workload>(field.Value, Workload.Descriptor);
                break;
            case "frontends":
                ReadAll(field.Value, Frontends, Frontend.Descriptor);
                break;
            case "routeSets":
                ReadAll(field.Value, RouteSets, RouteSet.Descriptor);
                break;
            case "tcpRouteSets":
                ReadAll(field.Value, TcpRouteSets, TcpRouteSet.Descriptor);
                break;
            case "clusters":
                ReadAll(field.Value, Clusters, Cluster.Descriptor);
                break;
            case "endpointSets":
                ReadAll(field.Value, EndpointSets, EndpointSet.Descriptor);
                break;
            case "credentials":
                ReadAll(field.Value, Credentials, Credential.Descriptor);
                break;
            default:
                throw new InvalidDataException($"The static configuration has no field '{field.Name}'; remove it or correct its spelling.");
        }
    }

    private static void ReadPorts(JsonElement value, Dictionary<int, int> into)
    {
        foreach (JsonProperty port in value.EnumerateObject())
        {
            into[int.Parse(port.Name, System.Globalization.CultureInfo.InvariantCulture)] = port.Value.GetInt32();
        }
    }

    private static T Read<T>(JsonElement value, MessageDescriptor descriptor) => (T)JsonParser.Default.Parse(value.GetRawText(), descriptor);

    private static void ReadAll<T>(JsonElement values, List<T> into, MessageDescriptor descriptor)
    {
        foreach (JsonElement value in values.EnumerateArray())
        {
            into.Add(Read<T>(value, descriptor));
        }
    }
}

/// <summary>A certificate that nobody renews, for benchmarks and tests.</summary>
public sealed record StaticIdentity(string Id, string CertificateChainPem, string PrivateKeyPem, string TrustPem)
{
    internal static StaticIdentity Read(JsonElement value) => new(
        Text(value, "id"),
        File.ReadAllText(Text(value, "certificateChainFile")),
        File.ReadAllText(Text(value, "privateKeyFile")),
        File.ReadAllText(Text(value, "trustFile")));

    private static string Text(JsonElement value, string name) => value.TryGetProperty(name, out JsonElement field) && field.GetString() is { Length: > 0 } text
        ? text
        : throw new InvalidDataException($"The static configuration's identity needs '{name}'.");
}
