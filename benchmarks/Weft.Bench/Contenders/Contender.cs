using System.Diagnostics;
using System.Globalization;
using Weft.Bench.Measure;

namespace Weft.Bench.Contenders;

/// <summary>A program that carries the load from a port of its own to the origin.</summary>
internal abstract class Contender
{
    public abstract string Name { get; }

    /// <summary>Starts it and waits until it serves; null when this machine does not have it.</summary>
    public abstract Task<RunningContender?> StartAsync(Workbench bench, CancellationToken ct);

    internal static async Task<RunningContender?> StartedAsync(string who, int port, IReadOnlyList<Process> processes, CancellationToken ct)
    {
        var running = new RunningContender(port, processes);
        try
        {
            await Workbench.AcceptingAsync(port, who, ct);
            return running;
        }
        catch
        {
            running.Dispose();
            throw;
        }
    }

    protected static bool Installed(string program)
    {
        bool found = PeerVersions.Find(program) is not null;
        if (!found)
        {
            Console.Error.WriteLine($"{program} is not installed, its rows are left out (apt-get install {program})");
        }

        return found;
    }
}

internal sealed class RunningContender(int port, IReadOnlyList<Process> owned) : IDisposable
{
    private double? _rssAtFirst;

    public int Port => port;

    /// <summary>The processes whose CPU counts: those started and their children (nginx's workers).</summary>
    public IReadOnlyList<int> Processes => field ??= [.. owned.SelectMany(p => Children(p.Id).Prepend(p.Id))];

    /// <summary>Before any load.</summary>
    public double RssAtFirstMiB => _rssAtFirst ??= RssMiB();

    public double RssMiB() => Processes.Sum(Rss) / 1024.0;

    public void Dispose()
    {
        foreach (Process process in owned)
        {
            Array.ForEach([.. Children(process.Id)], Stop);
            process.Kill(entireProcessTree: true);
            process.WaitForExit();
            process.Dispose();
        }
    }

    private static void Stop(int pid)
    {
        try
        {
            using var process = Process.GetProcessById(pid);
            process.Kill();
        }
        catch (ArgumentException)
        {
            // It ended with its parent.
        }
    }

    private static IEnumerable<int> Children(int pid)
    {
        string file = $"/proc/{pid}/task/{pid}/children";
        return File.Exists(file)
            ? File.ReadAllText(file).Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(s => int.Parse(s, CultureInfo.InvariantCulture))
            : [];
    }

    private static double Rss(int pid) =>
        File.ReadLines($"/proc/{pid}/status").Where(l => l.StartsWith("VmRSS:", StringComparison.Ordinal))
            .Select(l => double.Parse(l.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)).FirstOrDefault();
}
