using System.Text.Json;
using Weft.Proxy.Draining;
using Weft.Proxy.Overload;

namespace Weft.Proxy.Host;

/// <summary>The bootstrap document is wrong; the message names field and cure.</summary>
public sealed class BootstrapException : FormatException
{
    public BootstrapException(string message)
        : base(message)
    {
    }

    public BootstrapException()
    {
    }

    public BootstrapException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}

/// <summary>Reads the bootstrap JSON strictly: an unknown field is a version that does not fit, not something to pass over.</summary>
public static class BootstrapReader
{
    public static Bootstrap Read(ReadOnlyMemory<byte> json)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(json);
            var draft = new Draft();
            foreach (JsonProperty field in Object(document.RootElement, "the document"))
            {
                Take(draft, field);
            }

            return draft.Finish();
        }
        catch (JsonException e)
        {
            throw new BootstrapException($"The bootstrap is not JSON: {e.Message}");
        }
    }

    private static void Take(Draft draft, JsonProperty field)
    {
        JsonElement value = field.Value;
        draft.Value = field.Name switch
        {
            "workload" => draft.Value with { Workload = Text(field) },
            "node" => draft.Value with { Node = Text(field) },
            "gateway" => draft.Value with { IsGateway = value.ValueKind is JsonValueKind.True or JsonValueKind.False ? value.GetBoolean() : throw Wrong("gateway", "true or false") },
            "control" => draft.Value with { Control = Text(field) },
            "rootSha256" => draft.Value with { RootSha256 = OptionalText(field) },
            "token" => draft.Value with { Token = OptionalText(field) },
            "stateDir" => draft.Value with { StateDir = Text(field) },
            "adminSocket" => draft.Value with { AdminSocket = OptionalText(field) },
            "inbound" => Inbound(draft.Value, value),
            "metrics" => Metrics(draft.Value, value),
            "gatewayBind" => draft.Value with { GatewayBind = Text(field) },
            "gatewayPorts" => draft.Value with { GatewayPorts = PortMap(value, "gatewayPorts") },
            "podFd" => draft.Value with { PodFd = Number(field, -1, int.MaxValue) },
            "handoverFd" => draft.Value with { HandoverFd = Number(field, -1, int.MaxValue) },
            "restartFd" => draft.Value with { RestartFd = Number(field, -1, int.MaxValue) },
            "drain" => Drain(draft.Value, value),
            "limits" => Limits(draft.Value, value),
            "watchdog" => Watchdog(draft.Value, value),
            "supervisorFd" => draft.Value with { SupervisorFd = Number(field, -1, int.MaxValue) },
            "loops" => draft.Value with { Loops = Number(field, 1, 64) },
            "hostPorts" => draft.Value with { HostPorts = Ports(value, "hostPorts") },
            "app" => App(draft.Value, value),
            "explicit" => Explicit(draft.Value, value),
            _ => throw Unknown(field.Name),
        };
    }

    private static Bootstrap Inbound(Bootstrap draft, JsonElement element)
    {
        foreach (JsonProperty field in Object(element, "inbound"))
        {
            draft = field.Name switch
            {
                "bind" => draft with { InboundBind = Text(field) },
                "port" => draft with { InboundPort = Number(field, 0, 65_535) },
                "unixSocket" => draft with { InboundUnixSocket = OptionalText(field) },
                _ => throw Unknown($"inbound.{field.Name}"),
            };
        }

        return draft;
    }

    private static Bootstrap Metrics(Bootstrap draft, JsonElement element)
    {
        foreach (JsonProperty field in Object(element, "metrics"))
        {
            draft = field.Name switch
            {
                "bind" => draft with { MetricsBind = Text(field) },
                "port" => draft with { MetricsPort = Number(field, 0, 65_535) },
                _ => throw Unknown($"metrics.{field.Name}"),
            };
        }

        return draft;
    }

    private static Bootstrap Drain(Bootstrap draft, JsonElement element)
    {
        foreach (JsonProperty field in Object(element, "drain"))
        {
            draft = field.Name switch
            {
                "stopSeconds" => draft with { Drain = draft.Drain with { Stop = Seconds(field) } },
                "restartSeconds" => draft with { Drain = draft.Drain with { Restart = Seconds(field) } },
                _ => throw Unknown($"drain.{field.Name}"),
            };
        }

        return draft;
    }

    private static Bootstrap Limits(Bootstrap draft, JsonElement element)
    {
        foreach (JsonProperty field in Object(element, "limits"))
        {
            draft = field.Name switch
            {
                "memoryMiB" => draft with { Limits = draft.Limits with { MemoryBytes = (long)Number(field, OverloadLimits.MemoryMiBMin, OverloadLimits.MemoryMiBMax) << 20 } },
                "connections" => draft with { Limits = draft.Limits with { Connections = Number(field, 1, OverloadLimits.ConnectionsMax) } },
                _ => throw Unknown($"limits.{field.Name}"),
            };
        }

        return draft;
    }

    private static Bootstrap Watchdog(Bootstrap draft, JsonElement element)
    {
        foreach (JsonProperty field in Object(element, "watchdog"))
        {
            draft = field.Name switch
            {
                "warnSeconds" => draft with { Watchdog = draft.Watchdog with { Warn = TimeSpan.FromSeconds(Number(field, 1, DrainTerms.SecondsMax)) } },
                "giveUpSeconds" => draft with { Watchdog = draft.Watchdog with { GiveUp = Seconds(field) } },
                _ => throw Unknown($"watchdog.{field.Name}"),
            };
        }

        return draft;
    }

    private static TimeSpan Seconds(JsonProperty field) => TimeSpan.FromSeconds(Number(field, 0, DrainTerms.SecondsMax));

    private static Bootstrap App(Bootstrap draft, JsonElement element)
    {
        foreach (JsonProperty field in Object(element, "app"))
        {
            draft = field.Name switch
            {
                "ports" => draft with { AppPorts = Ports(field.Value, "app.ports") },
                "address" => draft with { AppAddress = Text(field) },
                _ => throw Unknown($"app.{field.Name}"),
            };
        }

        return draft;
    }

    private static Bootstrap Explicit(Bootstrap draft, JsonElement element)
    {
        foreach (JsonProperty field in Object(element, "explicit"))
        {
            draft = field.Name switch
            {
                "outbound" => draft with { ExplicitOutbound = OptionalText(field) },
                "inbound" => draft with { ExplicitInbound = PortMap(field.Value, "explicit.inbound") },
                _ => throw Unknown($"explicit.{field.Name}"),
            };
        }

        return draft;
    }

    // A section that is null says the same as one that is left out.
    private static JsonElement.ObjectEnumerator Object(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.Object => element.EnumerateObject(),
        JsonValueKind.Null => default,
        _ => throw Wrong(name, "an object"),
    };

    private static string Text(JsonProperty field) => OptionalText(field) is { Length: > 0 } text ? text : throw Wrong(field.Name, "a text");

    private static string? OptionalText(JsonProperty field) => field.Value.ValueKind switch
    {
        JsonValueKind.Null => null,
        JsonValueKind.String => field.Value.GetString() is { Length: > 0 } text ? text : null,
        _ => throw Wrong(field.Name, "a text"),
    };

    private static int Number(JsonProperty field, int low, int high) =>
        field.Value.ValueKind == JsonValueKind.Null && low < 0
            ? low
            : field.Value.ValueKind == JsonValueKind.Number && field.Value.TryGetInt32(out int number) && number >= low && number <= high
                ? number
                : throw Wrong(field.Name, $"a number from {low} to {high}");

    private static List<int> Ports(JsonElement element, string name) => element.ValueKind switch
    {
        JsonValueKind.Null => [],
        JsonValueKind.Array => [.. element.EnumerateArray().Select(e => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out int p) && p is > 0 and < 65_536 ? p : throw Wrong(name, "a list of ports"))],
        _ => throw Wrong(name, "a list of ports"),
    };

    private static Dictionary<int, int> PortMap(JsonElement element, string name)
    {
        var map = new Dictionary<int, int>();
        foreach (JsonProperty pair in Object(element, name))
        {
            map[int.TryParse(pair.Name, out int from) && from is > 0 and < 65_536 ? from : throw Wrong($"{name}.{pair.Name}", "named by a port")] = Number(pair, 0, 65_535);
        }

        return map;
    }

    private static BootstrapException Unknown(string field) => new($"The bootstrap field '{field}' is not known to this proxy; proxy and starter are of different versions.");

    private static BootstrapException Wrong(string field, string wanted) => new($"The bootstrap field '{field}' must be {wanted}.");

    private sealed class Draft
    {
        public Bootstrap Value { get; set; } = new() { Workload = "", StateDir = "" };

        public Bootstrap Finish()
        {
            if (Value.Workload.Split('/') is not [{ Length: > 0 }, { Length: > 0 }])
            {
                throw Wrong("workload", "\"namespace/pod\"");
            }

            return Value.StateDir.Length == 0 ? throw Wrong("stateDir", "a directory for the last good state") : Value;
        }
    }
}
