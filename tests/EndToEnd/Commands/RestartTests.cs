using System.Text.Json.Nodes;
using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd.Commands;

/// <summary>`weft restart`: gateway and sidecars get new processes while the application is used, and nobody notices.</summary>
[Collection(MachineCollection.Name)]
public sealed class RestartTests
{
    [Fact]
    public async Task Restart_EveryProxyUnderLoad_FailsNoRequest()
    {
        await using Machine machine = await Machine.StartAsync();
        await using LiveProcess up = await TinyApplication.UpAsync(machine, "--publish", "5000:hello:8000");
        await TinyApplication.SucceedsAsync(machine, "curl", "-sf", "http://127.0.0.1:5000/");
        Task<CommandResult> load = machine.RunAsync(Repository.Tool("wrk", "wrk"), "-t1", "-c4", "-d15s", "http://127.0.0.1:5000/");
        string[] before = await ProxiesAsync(machine);
        for (int i = 0; i < 2; i++)
        {
            JsonArray restarted = JsonNode.Parse((await machine.WeftAsync("restart", "--all", "-o", "json")).Succeeded().Output)!.AsArray();
            Assert.Equal(2, restarted.Count);
            Assert.All(restarted, r => Assert.True((bool)r!["restarted"]!, $"{r}"));
        }

        CommandResult run = (await load).Succeeded();
        Assert.DoesNotContain("Socket errors", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Non-2xx", run.Output, StringComparison.Ordinal);
        await Eventually.TrueAsync("the old processes have ended", TimeSpan.FromSeconds(30), async () => (await ProxiesAsync(machine)).Length == before.Length);
        Assert.Empty((await ProxiesAsync(machine)).Intersect(before));
    }

    [Fact]
    public async Task Restart_BinaryThatDoesNotStart_LeavesTheRunningOne()
    {
        await using Machine machine = await Machine.StartAsync();
        string binary = await machine.WriteAsync("weft-proxy", $"#!/bin/sh\nexec {Repository.Binary("weft-proxy")} \"$@\"\n");
        File.SetUnixFileMode(binary, (UnixFileMode)0b111_101_101);
        machine.Environment["WEFT_PROXY_BINARY"] = binary;
        await using LiveProcess up = await TinyApplication.UpAsync(machine, "--publish", "5000:hello:8000");
        await TinyApplication.SucceedsAsync(machine, "curl", "-sf", "http://127.0.0.1:5000/");
        await File.WriteAllTextAsync(binary, "#!/bin/sh\nexit 9\n");
        CommandResult refused = await machine.WeftAsync("restart", "hello");
        Assert.Equal(1, refused.ExitCode);
        Assert.Contains("the running process serves on", refused.Output, StringComparison.Ordinal);
        await TinyApplication.SucceedsAsync(machine, "curl", "-sf", "http://127.0.0.1:5000/");
    }

    /// <summary>The numbers of this mesh's proxies: each holds its pod's directory in its bootstrap, and the admin socket open.</summary>
    private static async Task<string[]> ProxiesAsync(Machine machine)
    {
        string found = (await machine.RunAsync(Repository.Tool("pgrep", "procps"), "-f", "weft-proxy (sidecar|gateway) --bootstrap-fd")).Output;
        return [.. found.Split('\n', StringSplitOptions.RemoveEmptyEntries).Where(pid => BelongsTo(pid, machine))];
    }

    private static bool BelongsTo(string pid, Machine machine)
    {
        try
        {
            return File.ReadAllText($"/proc/{pid}/environ").Contains($"WEFT_HOME={machine.Home}", StringComparison.Ordinal);
        }
        catch (IOException)
        {
            return false; // ended meanwhile
        }
    }
}
