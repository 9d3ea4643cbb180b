using System.Text;
using Google.Protobuf;
using Weft.Model.V1;
using Weft.Proxy.State;
using Weft.Proxy.State.Cells;

namespace Weft.Proxy.Admin;

/// <summary>The resources that are in force, as JSON, from the saved state: their messages are not kept in memory.</summary>
internal static class ConfigDump
{
    public static AdminAnswer Of(SavedResources saved)
    {
        var text = new StringBuilder("{\n");
        IReadOnlyDictionary<string, ResourceDelta> all = saved.Read();
        bool isFirst = true;
        foreach (string type in ResourceTypes.InOrder.Where(all.ContainsKey))
        {
            text.Append(isFirst ? "" : ",\n").Append($"  \"{type}\": [\n");
            isFirst = false;
            text.AppendJoin(",\n", all[type].Updates.OrderBy(u => u.Name, StringComparer.Ordinal).Select(u => "    " + Format(type, u)));
            text.Append("\n  ]");
        }

        return new AdminAnswer(200, "application/json", Encoding.UTF8.GetBytes(text.Append("\n}\n").ToString()));
    }

    private static string Format(string type, ResourceUpdate update)
    {
        IMessage? message = type switch
        {
            ResourceTypes.Workload => Workload.Parser.ParseFrom(update.Value),
            ResourceTypes.Frontend => Frontend.Parser.ParseFrom(update.Value),
            ResourceTypes.RouteSet => RouteSet.Parser.ParseFrom(update.Value),
            ResourceTypes.TcpRouteSet => TcpRouteSet.Parser.ParseFrom(update.Value),
            ResourceTypes.Cluster => Cluster.Parser.ParseFrom(update.Value),
            ResourceTypes.EndpointSet => EndpointSet.Parser.ParseFrom(update.Value),
            // A credential's name is all that leaves the process.
            _ => null,
        };
        string name = JsonEncodedText(update.Name);
        return message is null
            ? $"{{\"name\":{name},\"version\":\"{update.Version}\"}}"
            : $"{{\"name\":{name},\"version\":\"{update.Version}\",\"value\":{JsonFormatter.Default.Format(message)}}}";
    }

    private static string JsonEncodedText(string text) => $"\"{System.Text.Json.JsonEncodedText.Encode(text)}\"";
}
