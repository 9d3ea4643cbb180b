using System.Runtime.InteropServices;

namespace Weft.Bench.Report;

/// <summary>What the figures were taken on: without it they mean nothing.</summary>
internal sealed record Machine(string Processor, int Cores, string Kernel, string Runtime, IReadOnlyDictionary<string, string> Peers)
{
    public static Machine Here() => new(
        File.ReadLines("/proc/cpuinfo").FirstOrDefault(l => l.StartsWith("model name", StringComparison.Ordinal))?.Split(':')[1].Trim() ?? "",
        Environment.ProcessorCount,
        File.ReadAllText("/proc/sys/kernel/osrelease").Trim(),
        RuntimeInformation.FrameworkDescription,
        Contenders.PeerVersions.All);
}
