using System.Text.Json.Nodes;
using Weft.Protocol.Telemetry.V1;

namespace Weft.ControlPlane.Observe;

/// <summary>One tapped request as JSON.</summary>
internal static class TapJson
{
    public static JsonObject Of(TapEvent e) => new()
    {
        ["unixUs"] = e.UnixUs,
        ["direction"] = e.Outbound ? "outbound" : "inbound",
        ["method"] = e.Method,
        ["authority"] = e.Authority,
        ["path"] = e.Path,
        ["status"] = e.Status,
        ["durationMs"] = Math.Round(e.DurationMs, 3),
        ["requestBytes"] = e.RequestBytes,
        ["responseBytes"] = e.ResponseBytes,
        ["source"] = Party(e.Source),
        ["destination"] = Party(e.Destination),
        ["route"] = e.Route,
        ["fault"] = e.Fault,
        ["mtls"] = e.Mtls,
        ["traceId"] = e.TraceId,
    };

    private static JsonObject Party(Party? party) => new()
    {
        ["workload"] = party?.Workload ?? "",
        ["namespace"] = party?.Namespace ?? "",
        ["principal"] = party?.Principal ?? "",
        ["app"] = party?.App ?? "",
        ["version"] = party?.Version ?? "",
    };
}
