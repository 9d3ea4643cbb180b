using System.CommandLine;
using System.Security.Cryptography;
using Weft.Cli.Frame;
using Weft.Cli.Up;
using Weft.Node.Checks;
using Weft.Node.Control;
using Weft.Node.Pods;

namespace Weft.Cli.Commands;

/// <summary>`weft run`: one process in the mesh, transparently.</summary>
internal static class RunCommand
{
    private const string TokenFileHolds = "It holds, one a line, `token: …` (of the API: admin.token in the control plane's home) and `root: …` (rootSha256 of `weft status -o json` there, 64 hexadecimal digits).";

    private static readonly Option<string> Service = new("--service") { Description = "the service that this process is of", HelpName = "NAME" };
    private static readonly Option<string> Group = new("--workload-group") { Description = "a WorkloadGroup of its namespace: labels, identity, ports, place and weight come from its template", HelpName = "NAME" };
    private static readonly Option<string> Version = new("--version") { Description = "the version label (default: v1)", HelpName = "V" };
    private static readonly Option<string> Account = new("--service-account") { Description = "its identity (default: the service's name)", HelpName = "SA" };
    private static readonly Option<string[]> Port = new("--port") { Description = "a port it listens on; the name tells the protocol", HelpName = "[NAME:]PORT" };
    private static readonly Option<string[]> Label = new("--label") { Description = "one more label", HelpName = "k=v" };
    private static readonly Option<int[]> HostPort = new("--host-port") { Description = "a port of this machine that it may reach, on its own 127.0.0.1", HelpName = "PORT" };
    private static readonly Option<string?> ControlUrl = new("--control") { Description = "the control plane of another machine", HelpName = "URL" };
    private static readonly Option<string?> TokenFile = new("--token-file") { Description = "with --control: a file with the lines token: TOKEN (of the API there: its home's admin.token) and root: SHA256 (rootSha256 of its weft status -o json); - reads standard input", HelpName = "F|-" };
    private static readonly Option<string> Bind = new("--inbound-bind") { Description = "the address on which peers of other machines reach it", HelpName = "ADDRESS", DefaultValueFactory = _ => "127.0.0.1" };
    private static readonly Option<bool> Explicit = new("--explicit") { Description = "no namespaces: give the program HTTP_PROXY instead" };
    private static readonly Argument<string[]> Program = new("COMMAND") { Description = "what to run, after --", Arity = ArgumentArity.OneOrMore };

    public static Command Create()
    {
        var command = new WeftCommand("run", "Run one process in the mesh, transparently",
            ("a web server as the service hello", "weft run --service hello --port 8000 -- python3 -m http.server 8000"),
            ("a client, which needs no port", "weft run --service shell -- curl http://hello:8000/"),
            ("a second version, for routing", "weft run --service hello --version v2 --port 8000 -- ./hello-v2"),
            ("a member of an Istio WorkloadGroup", "weft run --workload-group orders-vm -- ./orders"),
            ("in the mesh of another machine", "weft run --control https://mesh.example:15010 --token-file join --service orders -- ./orders"),
            ("a process that needs this machine's PostgreSQL", "weft run --service orders --port 8080 --host-port 5432 -- ./orders"));
        foreach (Option option in (Option[])[Service, Group, Version, Account, Port, Label, HostPort, ControlUrl, TokenFile, Bind, Explicit]) { command.Options.Add(option); }
        command.Arguments.Add(Program);
        return command.Runs(RunAsync);
    }

    private static async Task<int> RunAsync(CommandContext context, CancellationToken ct)
    {
        RunOptions options = Read(context);
        if (options.Mode == PodMode.Transparent && HostTools.Missing() is { } missing) { throw CommandException.No($"{missing.Tool} is missing", missing.Cure); }
        context.Home.Create();
        JoinToken? join = context.Value(ControlUrl) is { Length: > 0 } ? ReadToken(context) : null;
        using ControlPlaneClient client = join is null ? context.Connect() : new ControlPlaneClient(join.Address(context.Value(ControlUrl) ?? ""));
        Func<MeshEndpoint> mesh = await MeshAsync(context, join, client, ct);
        var resources = new MeshResources(client);
        if (context.Value(Group) is { Length: > 0 } group) { options = await RunGroup.JoinAsync(options, group, resources, ct); }
        return await new RunPod(options, context, resources, mesh).RunAsync(ct);
    }

    // The local control plane may come back on another port; one that was named stays where it is.
    private static async Task<Func<MeshEndpoint>> MeshAsync(CommandContext context, JoinToken? join, ControlPlaneClient client, CancellationToken ct)
    {
        if (join is null && context.Server is null) { return () => MeshEndpoint.Local(context.Home); }
        MeshEndpoint named = join is { Discovery.Length: > 0 } ? join.Mesh(context.Value(ControlUrl) ?? "") : await MeshEndpoint.OfAsync(client, ct);
        return () => named;
    }

    private static RunOptions Read(CommandContext context)
    {
        string group = context.Value(Group) ?? "";
        string service = context.Value(Service) is { Length: > 0 } named ? named : group;
        if (service.Length == 0) { throw CommandException.WrongCommandLine("Of which service is it?", "Write --service NAME, or --workload-group NAME for what a WorkloadGroup says."); }
        string version = context.Value(Version) is { Length: > 0 } written ? written : "v1";
        string suffix = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(3));
        return new RunOptions(service, context.Namespace, context.Value(Program) ?? [])
        {
            Version = version,
            NamesService = group.Length == 0 || service != group,
            NamesVersion = context.Value(Version) is { Length: > 0 },
            ServiceAccount = context.Value(Account) is { Length: > 0 } account ? account : group.Length > 0 ? "" : service,
            Ports = [.. (context.Value(Port) ?? []).Select(RunOptions.ParsePort)],
            Labels = (context.Value(Label) ?? []).Select(RunOptions.ParseLabel).ToDictionary(l => l.Key, l => l.Value, StringComparer.Ordinal),
            HostPorts = context.Value(HostPort) ?? [],
            Mode = context.Value(Explicit) ? PodMode.Explicit : PodMode.Transparent,
            InboundBind = context.Value(Bind) ?? "127.0.0.1",
            PodName = $"{service}-{version}-{suffix}",
        };
    }

    private static JoinToken ReadToken(CommandContext context)
    {
        string file = context.Value(TokenFile) ?? throw CommandException.WrongCommandLine("--control needs --token-file", $"{TokenFileHolds} Bring it here by a safe way.");
        try
        {
            return JoinToken.Parse(file == "-" ? Console.In.ReadToEnd() : File.ReadAllText(file));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or FormatException)
        {
            throw CommandException.BadInput($"{file}: {e.Message}", TokenFileHolds);
        }
    }
}
