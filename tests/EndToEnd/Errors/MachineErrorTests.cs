using Weft.EndToEnd.Commands;
using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd.Errors;

/// <summary>What a machine can lack. Each ends with the exit code of its kind and the cure, and what ran goes on unchanged.</summary>
[Collection(MachineCollection.Name)]
public sealed class MachineErrorTests
{
    private const int No = 1;

    [Theory]
    [InlineData("control", 15010, "127.0.0.1:15010 is in use", "--api")]
    [InlineData("control", 15012, "127.0.0.1:15012 is in use", "--discovery")]
    [InlineData("up", 15010, "port 15010 of 127.0.0.1, wanted for the resource API, is in use", "--api")]
    [InlineData("up", 15012, "port 15012 of 127.0.0.1, wanted for discovery, is in use", "--discovery")]
    [InlineData("up", 8080, "port 8080 of 127.0.0.1, wanted for the gateway, is in use", "gateway.ports")]
    public async Task Port_InUse_IsNamedWithItsCure(string command, int port, string says, string cure)
    {
        await using Machine machine = await Machine.StartAsync();
        string file = await TinyApplication.WriteAsync(machine);
        await using LiveProcess other = await TakeAsync(machine, port);
        CommandResult result = await machine.WeftAsync(command == "up" ? ["up", "-f", file] : [command]);
        Assert.Equal(No, result.ExitCode);
        Assert.Contains(says, result.Error, StringComparison.Ordinal);
        Assert.Contains(cure, result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("   at Weft.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Gateway_PortInUseWhileRunning_IsSaidToTheUserAndTheRestServes()
    {
        await using Machine machine = await Machine.StartAsync();
        await using LiveProcess up = await TinyApplication.UpAsync(machine, "--publish", "5000:hello:8000");
        await using LiveProcess other = await TakeAsync(machine, 9999);
        string gateway = await machine.WriteAsync("gateway.yaml", """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: { name: late }
            spec:
              selector: { istio: ingressgateway }
              servers:
              - port: { number: 9999, name: http, protocol: HTTP }
                hosts: ["*"]
            """);
        (await machine.WeftAsync("apply", "-f", gateway)).Succeeded();
        string said = await up.SaysAsync("9999");
        Assert.Contains("gateway", said, StringComparison.Ordinal);
        Assert.Contains("in use", said, StringComparison.Ordinal);
        (await TinyApplication.SucceedsAsync(machine, "curl", "-sf", "http://127.0.0.1:5000/")).Succeeded();
    }

    /// <summary>A gateway started by hand, as docs/options.md has it.</summary>
    [Fact]
    public async Task Proxy_PortInUse_IsSaidAndTheRestServes()
    {
        await using Machine machine = await Machine.StartAsync();
        await using LiveProcess control = machine.StartWeft("control");
        await control.SaysAsync("are served on 127.0.0.1:15012");
        string edge = await machine.WriteAsync("edge.yaml", """
            apiVersion: v1
            kind: Namespace
            metadata: { name: edge }
            ---
            apiVersion: v1
            kind: ServiceAccount
            metadata: { name: edge, namespace: edge }
            ---
            apiVersion: v1
            kind: Pod
            metadata: { name: gateway, namespace: edge }
            spec: { serviceAccountName: edge, nodeName: edge-1, containers: [{ name: weft-proxy, image: none }] }
            """);
        await TinyApplication.SucceedsAsync(machine, Repository.Binary("weft"), "apply", "-f", edge);
        machine.Environment["KUBECONFIG"] = Path.Combine(machine.Home, "kubeconfig");
        CommandResult token = await machine.RunAsync(Repository.Tool("kubectl", "kubernetes-client"), "create", "token", "edge", "-n", "edge");
        Assert.SkipWhen(token.Error.Contains("unknown command", StringComparison.Ordinal), "this kubectl is older than `create token`");
        string root = (string)System.Text.Json.Nodes.JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(machine.Home, "run/control.json")))!["rootSha256"]!;
        await using LiveProcess other = await TakeAsync(machine, 15090);
        string file = await machine.WriteAsync("gateway.json", $$"""
            {"workload":"edge/gateway","node":"edge-1","gateway":true,"control":"127.0.0.1:15012","rootSha256":"{{root}}","token":"{{token.Succeeded().Output.Trim()}}",
             "stateDir":"{{machine.Home}}/edge","adminSocket":"{{machine.Home}}/edge/admin.sock","metrics":{"bind":"127.0.0.1","port":15090} }
            """);
        await using LiveProcess proxy = machine.StartWeft("proxy", "gateway", "--bootstrap", file);
        Assert.Contains("in use", await proxy.SaysAsync("15090"), StringComparison.Ordinal);
        await proxy.SaysAsync("edge/gateway serves");
    }

    [Theory]
    [InlineData("nft", "apt-get install nftables")]
    [InlineData("ip", "apt-get install iproute2")]
    [InlineData("unshare", "apt-get install util-linux")]
    [InlineData("setpriv", "apt-get install util-linux")]
    public async Task Tool_Missing_IsNamedWithItsPackageAndNothingStarts(string tool, string cure)
    {
        await using Machine machine = await Machine.StartAsync(Machine.Without(tool));
        string file = await TinyApplication.WriteAsync(machine);
        foreach (string[] command in (string[][])[["up", "-f", file], ["run", "--service", "a", "--", "true"]])
        {
            CommandResult result = await machine.WeftAsync(command);
            Assert.Equal(No, result.ExitCode);
            Assert.Contains($"{tool} is missing", result.Error, StringComparison.Ordinal);
            Assert.Contains(cure, result.Error, StringComparison.Ordinal);
        }

        CommandResult check = await machine.WeftAsync("check");
        Assert.Equal(No, check.ExitCode);
        Assert.Contains(cure, check.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("control")]
    [InlineData("up")]
    public async Task Disk_FullAtTheStart_IsSaidAndNothingStarts(string command)
    {
        await using Machine machine = await SmallDiskAsync("1m");
        string file = await TinyApplication.WriteAsync(machine);
        (await FillAsync(machine)).Succeeded();
        CommandResult result = await machine.WeftAsync(command == "up" ? ["up", "-f", file] : [command]);
        Assert.Equal(No, result.ExitCode);
        Assert.Matches("full", result.Error);
        Assert.DoesNotContain("   at Weft.", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Disk_FullWhileRunning_RefusesTheChangeAndKeepsTheMesh()
    {
        await using Machine machine = await SmallDiskAsync("64m");
        string file = await TinyApplication.WriteAsync(machine);
        await using LiveProcess up = await TinyApplication.UpAsync(machine, "--publish", "5000:hello:8000");
        await TinyApplication.SucceedsAsync(machine, "curl", "-sf", "http://127.0.0.1:5000/");
        (await FillAsync(machine)).Succeeded();
        string big = Path.Combine(Path.GetDirectoryName(file)!, "big.yaml");
        await File.WriteAllTextAsync(big, $"apiVersion: v1\nkind: ConfigMap\nmetadata: {{ name: big }}\ndata: {{ a: {new string('x', 300_000)} }}\n");
        CommandResult refused = await machine.WeftAsync("apply", "-f", big);
        Assert.NotEqual(0, refused.ExitCode);
        Assert.Contains("no room left", refused.Error, StringComparison.Ordinal);
        Assert.NotEqual(0, (await machine.WeftAsync("get", "configmap", "big")).ExitCode);
        (await machine.RunAsync("curl", "-sf", "http://127.0.0.1:5000/")).Succeeded();

        (await machine.RunAsync("rm", Path.Combine(Small(machine), "filler"))).Succeeded();
        await TinyApplication.SucceedsAsync(machine, Repository.Binary("weft"), "apply", "-f", big);
        (await machine.RunAsync("curl", "-sf", "http://127.0.0.1:5000/")).Succeeded();
    }

    private static async Task<LiveProcess> TakeAsync(Machine machine, int port)
    {
        LiveProcess other = machine.Start("/usr/bin/python3", "-u", "-m", "http.server", $"{port}", "--bind", "127.0.0.1");
        await other.SaysAsync("Serving HTTP");
        return other;
    }

    private static async Task<Machine> SmallDiskAsync(string size)
    {
        Machine machine = await Machine.StartAsync($"mkdir $HOST_FILES/small; mount -t tmpfs -o size={size} none $HOST_FILES/small");
        machine.Environment["WEFT_HOME"] = Small(machine);
        return machine;
    }

    private static string Small(Machine machine) => Path.Combine(machine.Home, ".host/small");

    private static Task<CommandResult> FillAsync(Machine machine) =>
        machine.RunAsync("sh", "-c", $"dd if=/dev/zero of={Small(machine)}/filler bs=4k 2>/dev/null; test \"$(stat -f -c %a {Small(machine)})\" = 0");
}
