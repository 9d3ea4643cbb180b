using System.CommandLine;
using System.Net.Sockets;
using System.Text.Json;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;
using Weft.Primitives;

namespace Weft.Cli.Commands;

/// <summary>`weft proxy-config`: what a proxy of this machine really has, asked of the proxy itself over its private socket.</summary>
internal static class ProxyConfigCommand
{
    private const string SocketName = "admin.sock";

    private static readonly string[] Parts = ["listeners", "routes", "clusters", "endpoints", "secrets", "policies", "all"];

    public static Command Create()
    {
        var workload = new Argument<string>("WORKLOAD") { Description = "NAMESPACE/NAME, or NAME in --namespace" };
        var part = new Argument<string>("PART") { Description = string.Join(", ", Parts), DefaultValueFactory = static _ => "clusters" };
        part.AcceptOnlyFromAmong(Parts);
        var command = new WeftCommand("proxy-config", "What a proxy really has: listeners, routes, clusters, endpoints, certificates, policies",
            ("where a workload's requests can go", "weft proxy-config productpage-v1-x endpoints"),
            ("every resource it holds", "weft proxy-config default/reviews-v1-x all -o json"))
        { workload, part };
        return command.Runs((context, ct) => RunAsync(context, context.Value(workload) ?? "", context.Value(part) ?? "clusters", ct));
    }

    private static async Task<int> RunAsync(CommandContext context, string workload, string part, CancellationToken ct)
    {
        string socket = FindSocket(context, workload);
        string text = await AskAsync(socket, Page(part), ct);
        JsonNode json;
        try
        {
            json = JsonNode.Parse(text) ?? new JsonArray();
        }
        catch (JsonException e)
        {
            throw CommandException.No($"the proxy's answer is not JSON: {e.Message}", "Use a weft and a weft-proxy of the same version.");
        }

        if (json is JsonArray list)
        {
            WriteList(context.Output, list, part);
        }
        else
        {
            context.Output.Write(json, output => output.Line(json.ToJsonString(CommandOutput.Indented)));
        }

        return ExitCode.Done;
    }

    private static string Page(string part) => part switch { "secrets" => "/certs", "all" => "/config_dump", _ => $"/{part}" };

    private static string FindSocket(CommandContext context, string workload)
    {
        string[] names = workload.Contains('/', StringComparison.Ordinal) ? workload.Split('/', 2) : [context.Namespace, workload];
        string exact = Path.Combine(context.Home.Pods, $"{names[0]}.{names[1]}", SocketName);
        if (File.Exists(exact))
        {
            return exact;
        }

        // A Deployment's pods end in letters that nobody types: one that begins with the name is meant.
        string[] alike = Directory.Exists(context.Home.Pods)
            ? [.. Directory.GetDirectories(context.Home.Pods, $"{names[0]}.{names[1]}*").Select(d => Path.Combine(d, SocketName)).Where(File.Exists)]
            : [];
        return alike switch
        {
            [var only] => only,
            [] => throw CommandException.No(
                $"no proxy of {names[0]}/{names[1]} runs on this machine",
                Known(context.Home) is { Length: > 0 } known ? $"There are: {known}." : "Start one with `weft up` or `weft run`; remote proxies are asked on their own machine."),
            _ => throw CommandException.WrongCommandLine(
                $"{alike.Length} proxies begin with {names[0]}/{names[1]}", $"Name one of them: {string.Join(", ", alike.Select(NameOf))}."),
        };
    }

    private static string Known(WeftHome home) => Directory.Exists(home.Pods)
        ? string.Join(", ", Directory.GetDirectories(home.Pods).Select(d => Path.Combine(d, SocketName)).Where(File.Exists).Select(NameOf).Order(StringComparer.Ordinal))
        : "";

    private static string NameOf(string socket)
    {
        string directory = Path.GetFileName(Path.GetDirectoryName(socket)) ?? "";
        int dot = directory.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? directory : $"{directory[..dot]}/{directory[(dot + 1)..]}";
    }

    private static async Task<string> AskAsync(string socket, string page, CancellationToken ct)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
                    return new NetworkStream(connection, ownsSocket: true);
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            },
        };
        using var client = new HttpClient(handler) { Timeout = TimeSpan.FromSeconds(10) };
        try
        {
            return await client.GetStringAsync(new Uri($"http://proxy{page}"), ct);
        }
        catch (HttpRequestException e)
        {
            throw CommandException.No($"the proxy does not answer on {socket}: {e.Message}", "It may be starting again; look at `weft status` and its log.");
        }
    }

    // The proxy's lists are flat objects: their fields are the columns, in the order of their first appearance.
    private static void WriteList(CommandOutput output, JsonArray list, string part)
    {
        string[] columns = [.. list.OfType<JsonObject>().SelectMany(o => o.Select(f => f.Key)).Distinct(StringComparer.Ordinal)];
        var table = new TextTable(columns);
        foreach (JsonObject row in list.OfType<JsonObject>())
        {
            table.Row([.. columns.Select(c => Cell(row[c]))]);
        }

        output.Write(list, table, $"It has no {part}.");
    }

    /// <summary>Circuit breakers, "connections 3/10, requests 0": what is in use, and of what where there is a limit.</summary>
    private static string? Cell(JsonNode? value) => value is not JsonObject breakers ? value?.ToString() : string.Join(", ", breakers.Select(b =>
        $"{b.Key} {b.Value?["used"]}{((long?)b.Value?["limit"] is > 0 and var limit ? $"/{limit}" : "")}{((long?)b.Value?["overflows"] is > 0 and var no ? $" ({no} refused)" : "")}"));
}
