using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd.Commands;

/// <summary>The least application there is: the service hello, Python's web server.</summary>
internal static class TinyApplication
{
    private const string Yaml = """
        name: tiny
        services:
          hello:
            port: 8000
            command: [/usr/bin/python3, -m, http.server, "8000"]
        """;

    public static Task<string> WriteAsync(Machine machine, string more = "") => machine.WriteAsync("weft.yaml", $"{Yaml}\n{more}\n");

    /// <summary>`weft up` on the machine, once it said that it runs.</summary>
    public static async Task<LiveProcess> UpAsync(Machine machine, params string[] more)
    {
        string file = Path.Combine(machine.Home, "weft.yaml");
        if (!File.Exists(file))
        {
            await WriteAsync(machine);
        }

        LiveProcess up = machine.StartWeft(["up", "-f", file, .. more]);
        await up.SaysAsync("runs as a mesh");
        return up;
    }

    /// <summary>Again and again until the command succeeds: a pod that has just begun is not everywhere known yet.</summary>
    public static Task<CommandResult> SucceedsAsync(Machine machine, params string[] command) =>
        Eventually.GetAsync(string.Join(' ', command), TimeSpan.FromSeconds(30), async () => await machine.RunAsync(command) is { ExitCode: 0 } done ? done : null);
}
