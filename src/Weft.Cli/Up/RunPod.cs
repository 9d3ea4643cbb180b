using System.Text.Json.Nodes;
using Weft.Cli.Frame;
using Weft.Node.Control;
using Weft.Node.Pods;
using Weft.Transport.Processes;

namespace Weft.Cli.Up;

/// <summary>One process as a pod of the mesh: registered, run, and taken out again.</summary>
internal sealed class RunPod(RunOptions options, CommandContext context, MeshResources resources, Func<MeshEndpoint> mesh)
{
    public async Task<int> RunAsync(CancellationToken stop)
    {
        await resources.EnsureServiceAccountAsync(options.Namespace, options.ServiceAccount, stop);
        if (options.Ports.Count > 0 && options.NamesService) { await EnsureServiceAsync(stop); }
        JsonNode? pod = await resources.Client.PostAsync($"/api/v1/namespaces/{options.Namespace}/pods", Pod(), stop);
        try
        {
            var services = new PodServices(context.Home, (p, ct) => resources.TokenAsync(p.Namespace, p.ServiceAccount, p.Name, p.Uid, ct), mesh);
            var runner = new PodRunner(Plan(pod), services, Happened);
            ExitStatus ended = await runner.RunAsync(once: true, stop);
            return ended.ShellCode;
        }
        catch (Exception e) when (e is IOException or SystemCallException or FileNotFoundException)
        {
            throw CommandException.No(e.Message, "`weft check` tries each step; --explicit needs no namespaces.");
        }
        finally
        {
            await ForgetAsync();
        }
    }

    private async Task ForgetAsync()
    {
        try { await resources.DeleteAsync(MeshResources.PodPath(options.Namespace, options.PodName), CancellationToken.None); }
        catch (Exception e) when (e is ControlPlaneUnreachableException or ControlPlaneRefusedException)
        {
            context.Output.Note($"weft: the control plane was not told that {options.PodName} is gone; it finds out by the silence.");
        }
    }

    // A Service that is there already says more than we know; it stays as it is.
    private Task EnsureServiceAsync(CancellationToken ct) =>
        resources.EnsureAsync($"/api/v1/namespaces/{options.Namespace}/services", new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Service",
            ["metadata"] = new JsonObject { ["name"] = options.Service, ["namespace"] = options.Namespace, ["labels"] = new JsonObject { ["app"] = options.Service } },
            ["spec"] = new JsonObject
            {
                ["selector"] = new JsonObject { ["app"] = options.Service },
                ["ports"] = new JsonArray([.. options.Ports.Select(p => new JsonObject { ["name"] = p.Name, ["port"] = p.Number, ["targetPort"] = p.Number })]),
            },
        }, ct);

    private JsonObject Pod()
    {
        var labels = new JsonObject { ["app"] = options.Service, ["version"] = options.Version };
        foreach ((string key, string value) in options.Labels) { labels[key] = value; }
        var annotations = new JsonObject();
        foreach ((string key, string value) in options.Annotations) { annotations[key] = value; }
        return new JsonObject
        {
            ["apiVersion"] = "v1",
            ["kind"] = "Pod",
            ["metadata"] = new JsonObject { ["name"] = options.PodName, ["namespace"] = options.Namespace, ["labels"] = labels, ["annotations"] = annotations },
            ["spec"] = new JsonObject
            {
                ["serviceAccountName"] = options.ServiceAccount,
                ["nodeName"] = Environment.MachineName,
                ["containers"] = new JsonArray(new JsonObject
                {
                    ["name"] = options.Service,
                    ["image"] = $"weft.dev/run/{Path.GetFileName(options.Command[0])}",
                    ["ports"] = new JsonArray([.. options.Ports.Select(p => new JsonObject { ["name"] = p.Name, ["containerPort"] = p.Number })]),
                }),
            },
        };
    }

    private PodPlan Plan(JsonNode? pod) => new()
    {
        Namespace = options.Namespace,
        Name = options.PodName,
        ServiceAccount = options.ServiceAccount,
        Uid = (string?)pod?["metadata"]?["uid"] ?? "",
        Address = (string?)pod?["status"]?["podIP"] ?? throw new IOException("The control plane gave the pod no address; is it of the same version?"),
        Command = options.Command,
        WorkingDirectory = Environment.CurrentDirectory,
        Ports = options.Ports,
        HostPorts = options.HostPorts,
        Mode = options.Mode,
        Interactive = true,
        InboundBind = options.InboundBind,
        ProxyOutput = Path.Combine(context.Home.Logs, $"{options.Namespace}.{options.PodName}.log"),
    };

    private void Happened(PodEvent e)
    {
        if (e.Kind is PodEventKind.Notice or PodEventKind.ProxyExited or PodEventKind.Failed) { context.Output.Note($"weft: {e.Text}"); }
    }
}
