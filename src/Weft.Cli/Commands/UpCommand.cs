using System.CommandLine;
using Weft.Cli.Frame;
using Weft.Cli.Up;
using Weft.Dialects.Problems;
using Weft.Dialects.Reading;
using Weft.Node.Applications;
using Weft.Node.Checks;
using Weft.Node.Control;
using Weft.Node.Pods;

namespace Weft.Cli.Commands;

/// <summary>`weft up`: reads and checks everything, then starts it and stays until Ctrl-C.</summary>
internal static class UpCommand
{
    public static Command Create()
    {
        var file = new Option<string>("--file", "-f") { Description = "the application's file", HelpName = "FILE", DefaultValueFactory = _ => "weft.yaml" };
        var publish = new Option<string[]>("--publish") { Description = "open a service's port on this machine", HelpName = "HOSTPORT:SERVICE:PORT" };
        var hostPort = new Option<int[]>("--host-port") { Description = "let all pods reach this port of the machine, on their own 127.0.0.1", HelpName = "PORT" };
        var isExplicit = new Option<bool>("--explicit") { Description = "no namespaces: give the programs HTTP_PROXY instead" };
        var peerSockets = new Option<bool>("--peer-sockets") { Description = "pods of this machine reach each other by unix sockets: cheaper, and nothing for tcpdump to see" };
        var api = new Option<string>("--api") { Description = "where the resource API and the page listen", HelpName = "ADDRESS:PORT", DefaultValueFactory = _ => "127.0.0.1:15010" };
        var discovery = new Option<string>("--discovery") { Description = "where proxies find the control plane", HelpName = "ADDRESS:PORT", DefaultValueFactory = _ => "127.0.0.1:15012" };
        var bind = new Option<string>("--gateway-bind") { Description = "the address on which the gateway listens", HelpName = "ADDRESS", DefaultValueFactory = _ => "127.0.0.1" };
        var gatewayPort = new Option<int?>("--gateway-port") { Description = "the port of this machine on which the application is served", HelpName = "PORT" };
        var command = new WeftCommand("up", "Start an application of many processes as a mesh on this machine",
            ("what weft.yaml in this directory describes", "weft up"),
            ("the sample application, then look at http://localhost:8080/productpage", "weft up -f samples/bookinfo/weft.yaml"),
            ("with a service's port opened for a debugger on this machine", "weft up --publish 5000:reviews:9080"),
            ("with a database of this machine", "weft up --host-port 5432"));
        var keys = new KeyOptions();
        foreach (Option option in (Option[])[file, publish, hostPort, isExplicit, peerSockets, api, discovery, bind, gatewayPort, .. keys.All]) { command.Options.Add(option); }
        return command.Runs(async (context, ct) =>
        {
            UpOptions options = Read(context, context.Value(file) ?? "weft.yaml", context.Value(publish) ?? [], context.Value(hostPort) ?? []) with
            {
                Control = keys.AddTo(new ControlOptions(context.Home, context.Value(api) ?? "", context.Value(discovery) ?? ""), context),
                GatewayBind = context.Value(bind) ?? "127.0.0.1",
                Mode = context.Value(isExplicit) ? PodMode.Explicit : PodMode.Transparent,
                PeerSockets = context.Value(peerSockets),
                RemoteControl = context.Server is not null,
            };
            if (context.Value(gatewayPort) is { } port) { options = options.ServedOn(port); }
            Prepare(context, options);
            using UpLock held = UpLock.Take(context.Home);
            RequirePorts(options);
            return await new MeshUp(options, context, new UpReport(context.Output)).RunAsync(ct);
        });
    }

    private static UpOptions Read(CommandContext context, string file, string[] publish, int[] hostPorts)
    {
        ApplicationFile application;
        try
        {
            application = ApplicationReader.Read(file);
        }
        catch (ApplicationFileException e)
        {
            throw CommandException.BadInput($"{e.Where}: {(e.Field.Length > 0 ? $"{e.Field}: " : "")}{e.Message}", e.Cure);
        }

        if (context.GivenNamespace is { } ns) { application = application with { Namespace = ns }; }
        PublishedPort[] published = [.. publish.Select(p => PublishedPort.TryParse(p)
            ?? throw CommandException.WrongCommandLine($"'{p}' does not name a port to publish", "Write HOSTPORT:SERVICE:PORT, as in --publish 5000:reviews:9080."))];
        ReadResult read = ResourceReader.ReadPaths(application.Apply, defaultNamespace: application.Namespace);
        foreach (Problem problem in read.Problems.Where(p => p.Level == ProblemLevel.Error))
        {
            throw CommandException.BadInput($"{problem.File}:{problem.Line}: {problem.Message}", problem.Cure);
        }

        return new UpOptions { Application = HostPorts.AddTo(application, hostPorts), Resources = read.Resources, Published = published };
    }

    private static void Prepare(CommandContext context, UpOptions options)
    {
        try
        {
            context.Home.Create();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw CommandException.No($"{context.Home.Path} cannot be written: {e.Message}", "Set WEFT_HOME to a directory of yours with room in it.");
        }

        if (options.Mode == PodMode.Explicit) { return; }
        if (HostTools.Missing() is { } missing) { throw CommandException.No($"{missing.Tool} is missing", missing.Cure); }
    }

    private static void RequirePorts(UpOptions options)
    {
        foreach (int port in options.GatewayPorts.Values.Distinct())
        {
            Ports.RequireFree("the gateway", options.GatewayBind, port, "Stop who has it (`ss -ltnp` names him), or choose another under gateway.ports in weft.yaml.");
        }

        if (options.RemoteControl) { return; }
        RequireFree("the resource API", "--api", options.Control.Api);
        RequireFree("discovery", "--discovery", options.Control.Discovery);
    }

    private static void RequireFree(string purpose, string option, string address)
    {
        if (!System.Net.IPEndPoint.TryParse(address, out System.Net.IPEndPoint? at)) { throw CommandException.WrongCommandLine($"'{address}' is no address for {option}", "Write ADDRESS:PORT, as in 127.0.0.1:15010."); }
        Ports.RequireFree(purpose, at.Address.ToString(), at.Port, $"Stop who has it (another `weft up` with its own WEFT_HOME?), or choose another with {option}.");
    }
}
