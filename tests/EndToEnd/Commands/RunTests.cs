using System.Text.Json.Nodes;
using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd.Commands;

/// <summary>`weft control` and `weft run`, as the README has them, on a machine with nothing else.</summary>
[Collection(MachineCollection.Name)]
public sealed class RunTests
{
    private static readonly string[] Hello = ["run", "--service", "hello", "--port", "http:8000", "--", "/usr/bin/python3", "-m", "http.server", "8000"];

    [Fact]
    public async Task Run_AsInTheReadme_ReachesTheServiceEncrypted()
    {
        await using Machine machine = await Machine.StartAsync();
        await using LiveProcess control = await ControlAsync(machine);
        await using LiveProcess hello = machine.StartWeft(Hello);
        CommandResult got = await CurlAsync(machine, []);
        Assert.Contains("Directory listing", got.Output, StringComparison.Ordinal);
        await EncryptedAsync(machine);
        Assert.Equal(0, (await machine.WeftAsync("run", "--service", "client", "--", "true")).ExitCode);
        Assert.Equal(7, (await machine.WeftAsync("run", "--service", "client", "--", "sh", "-c", "exit 7")).ExitCode);
    }

    [Fact]
    public async Task Run_Explicit_ReachesTheServiceThroughItsProxies()
    {
        await using Machine machine = await Machine.StartAsync();
        await using LiveProcess control = await ControlAsync(machine);
        await using LiveProcess hello = machine.StartWeft(
            "run", "--explicit", "--service", "hello", "--port", "http:8000", "--", "sh", "-c", "exec /usr/bin/python3 -m http.server $PORT --bind 127.0.0.1");
        Assert.Contains("Directory listing", (await CurlAsync(machine, ["--explicit"])).Output, StringComparison.Ordinal);
        await EncryptedAsync(machine);
    }

    [Fact]
    public async Task Run_HostPort_IsReachedOnlyWhenDeclared()
    {
        await using Machine machine = await Machine.StartAsync();
        await using LiveProcess control = await ControlAsync(machine);
        await using LiveProcess database = machine.Start("/usr/bin/python3", "-u", "-m", "http.server", "5432", "--bind", "127.0.0.1");
        await database.SaysAsync("Serving HTTP");
        string[] ask = ["--", "curl", "-sf", "--max-time", "10", "http://127.0.0.1:5432/"];
        Assert.Contains("Directory listing", (await machine.WeftAsync(["run", "--service", "client", "--host-port", "5432", .. ask])).Succeeded().Output, StringComparison.Ordinal);
        Assert.NotEqual(0, (await machine.WeftAsync(["run", "--service", "client", .. ask])).ExitCode);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Run_WithTokenFileOrStandardInput_JoinsTheNamedControlPlane(bool isFile)
    {
        await using Machine machine = await Machine.StartAsync();
        await using LiveProcess control = await ControlAsync(machine);
        JsonNode info = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(machine.Home, "run/control.json")))!;
        string secret = (await File.ReadAllTextAsync(Path.Combine(machine.Home, "admin.token"))).Trim();
        string file = await machine.WriteAsync("join", $"token: {secret}\nroot: {info["rootSha256"]}\n");
        string other = Directory.CreateDirectory(Path.Combine(machine.Home, "other")).FullName; // as on another machine: nothing of the control plane is found there
        string run = $"WEFT_HOME={other} {Repository.Binary("weft")} run --control https://127.0.0.1:15010 --token-file";
        await using LiveProcess hello = machine.Start("sh", "-c", $"exec env {run} {file} --service hello --port http:8000 -- /usr/bin/python3 -m http.server 8000");
        string ask = "--service client -- curl -sf http://hello:8000/";
        CommandResult got = await TinyApplication.SucceedsAsync(machine, "sh", "-c", isFile ? $"env {run} {file} {ask}" : $"env {run} - {ask} < {file}");
        Assert.Contains("Directory listing", got.Output, StringComparison.Ordinal);

        string wrong = await machine.WriteAsync("wrong", $"token: {secret}\nroot: {new string('0', 64)}\n");
        CommandResult refused = await machine.RunAsync("sh", "-c", $"env {run} {wrong} {ask}");
        Assert.Equal(3, refused.ExitCode);
    }

    private static async Task<LiveProcess> ControlAsync(Machine machine)
    {
        LiveProcess control = machine.StartWeft("control");
        await control.SaysAsync("are served on 127.0.0.1:15012");
        await Eventually.TrueAsync("the API answers", TimeSpan.FromSeconds(20), async () => (await machine.WeftAsync("get", "namespaces")).ExitCode == 0);
        return control;
    }

    private static Task<CommandResult> CurlAsync(Machine machine, string[] mode) => TinyApplication.SucceedsAsync(
        machine, [Repository.Binary("weft"), "run", "--service", "client", .. mode, "--", "curl", "-sf", "http://hello:8000/"]);

    /// <summary>The server's proxy has logged the request: over mutual TLS, from the client by its proven name.</summary>
    private static Task EncryptedAsync(Machine machine) => Eventually.TrueAsync("hello's access log has the request, encrypted", TimeSpan.FromSeconds(15), async () =>
    {
        string log = await File.ReadAllTextAsync(Directory.EnumerateFiles(Path.Combine(machine.Home, "log"), "default.hello-v1-*.log").Single());
        return log.Split('\n').Any(l => l.Contains("\"direction\":\"inbound\"", StringComparison.Ordinal) && l.Contains("\"mtls\":true", StringComparison.Ordinal)
            && l.Contains("\"source_principal\":\"spiffe://cluster.local/ns/default/sa/client\"", StringComparison.Ordinal));
    });
}
