using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd.Commands;

/// <summary>What a developer needs from `weft up` beside the application itself.</summary>
[Collection(MachineCollection.Name)]
public sealed class UpTests
{
    private const uint Nobody = 65534;

    [Fact]
    public async Task Up_Publish_OpensTheServiceOnTheMachine()
    {
        await using Machine machine = await Machine.StartAsync();
        await using LiveProcess up = await TinyApplication.UpAsync(machine, "--publish", "5000:hello:8000");
        Assert.Contains("Directory listing", (await TinyApplication.SucceedsAsync(machine, "curl", "-sf", "http://127.0.0.1:5000/")).Output, StringComparison.Ordinal);
        Assert.NotEqual(0, (await machine.RunAsync("curl", "-sf", "http://127.0.0.1:8000/")).ExitCode); // its own port stays its own
    }

    [Fact]
    public async Task Up_HostPort_LetsPodsReachThatPortOfTheMachine()
    {
        await using Machine machine = await Machine.StartAsync();
        await using LiveProcess database = machine.Start("/usr/bin/python3", "-u", "-m", "http.server", "5432", "--bind", "127.0.0.1");
        await database.SaysAsync("Serving HTTP");
        await TinyApplication.WriteAsync(machine, "  asker:\n    port: 8001\n    command: [/bin/sh, -c, \"curl -sf -o /tmp/answer --retry 20 --retry-delay 1 --retry-all-errors http://127.0.0.1:5432/ && exec /usr/bin/python3 -m http.server 8001 -d /tmp\"]");
        await using LiveProcess up = await TinyApplication.UpAsync(machine, "--host-port", "5432", "--publish", "5001:asker:8001");
        Assert.Contains("Directory listing", (await TinyApplication.SucceedsAsync(machine, "curl", "-sf", "http://127.0.0.1:5001/answer")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_PeerSockets_CarriesRequestsOverUnixSockets()
    {
        await using Machine machine = await Machine.StartAsync();
        await using LiveProcess up = await TinyApplication.UpAsync(machine, "--peer-sockets", "--publish", "5000:hello:8000");
        Assert.Contains("Directory listing", (await TinyApplication.SucceedsAsync(machine, "curl", "-sf", "http://127.0.0.1:5000/")).Output, StringComparison.Ordinal);
        Assert.Contains("peer.sock", (await TinyApplication.SucceedsAsync(machine, "ss", "-Hx", "state", "connected")).Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_Explicit_ServesWithoutNamespaces()
    {
        await using Machine machine = await Machine.StartAsync();
        await machine.WriteAsync("weft.yaml", "name: tiny\nservices:\n  hello:\n    port: 8000\n    command: [/bin/sh, -c, \"exec /usr/bin/python3 -m http.server $PORT --bind 127.0.0.1\"]\n");
        await using LiveProcess up = await TinyApplication.UpAsync(machine, "--explicit", "--publish", "5000:hello:8000");
        Assert.Contains("Directory listing", (await TinyApplication.SucceedsAsync(machine, "curl", "-sf", "http://127.0.0.1:5000/")).Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("unix")]
    [InlineData("https")]
    public async Task Up_Server_UsesTheControlPlaneThatIsThere(string scheme)
    {
        await using Machine machine = await Machine.StartAsync();
        string there = Directory.CreateDirectory(Path.Combine(machine.Home, "there")).FullName;
        await using LiveProcess control = machine.StartWeft("control", "--home", there);
        await control.SaysAsync("are served on 127.0.0.1:15012");
        string server = scheme == "unix" ? Path.Combine(there, "run/control.sock") : "https://127.0.0.1:15010";
        machine.Environment["KUBECONFIG"] = Path.Combine(there, "kubeconfig");
        await Eventually.TrueAsync("the API answers", TimeSpan.FromSeconds(20), async () => (await machine.WeftAsync("get", "namespaces", "--server", server)).ExitCode == 0);
        await using (LiveProcess up = await TinyApplication.UpAsync(machine, "--server", server, "--publish", "5000:hello:8000"))
        {
            Assert.Contains("Directory listing", (await TinyApplication.SucceedsAsync(machine, "curl", "-sf", "http://127.0.0.1:5000/")).Output, StringComparison.Ordinal);
        }

        // The Deployment stays there and wants its pod; nobody runs it.
        Assert.DoesNotContain("1/1", (await machine.WeftAsync("get", "pods", "--server", server)).Succeeded().Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Up_Rootless_ServesAndEndsWithNothingLeft()
    {
        await using Machine machine = await Machine.StartAsync();
        string home = Path.Combine(machine.Home, "nobodys");
        await TinyApplication.WriteAsync(machine);
        (await machine.RunAsync("sh", "-c", $"mkdir {home} && chmod 755 {machine.Home} && chown {Nobody}:{Nobody} {home}")).Succeeded();
        string[] asNobody = ["setpriv", $"--reuid={Nobody}", $"--regid={Nobody}", "--clear-groups", "--inh-caps=-all", "env", $"WEFT_HOME={home}", $"HOME={home}"];
        CommandResult tried = await machine.RunAsync([.. asNobody, "unshare", "-U", "-r", "-n", "true"]);
        Assert.SkipUnless(tried.ExitCode == 0, $"this machine refuses user namespaces to users: {tried.Error}");
        await using LiveProcess up = machine.Start([.. asNobody, Repository.Binary("weft"), "up", "-f", Path.Combine(machine.Home, "weft.yaml"), "--publish", "5000:hello:8000"]);
        await up.SaysAsync("runs as a mesh");
        Assert.Contains("Directory listing", (await TinyApplication.SucceedsAsync(machine, "curl", "-sf", "http://127.0.0.1:5000/")).Output, StringComparison.Ordinal);
        Assert.Equal(0, await up.InterruptAsync());
        Assert.NotEqual(0, (await machine.RunAsync("sh", "-c", $"ps -u {Nobody} -o pid= | grep .")).ExitCode);
    }
}
