using Weft.Transport.Processes;

namespace Weft.Proxy.Overload;

/// <summary>What the proxy may take up; 0 is no limit. Near one of them it sheds (<see cref="OverloadLadder"/>).</summary>
public sealed record OverloadLimits
{
    /// <summary>Bounds of a memory limit, in MiB: below, a proxy does not even start well.</summary>
    public const int MemoryMiBMin = 48;

    public const int MemoryMiBMax = 1 << 20;

    public const int ConnectionsMax = 10_000_000;

    /// <summary>Resident bytes of the process.</summary>
    public long MemoryBytes { get; init; }

    /// <summary>Open descriptors.</summary>
    public long Descriptors { get; init; }

    /// <summary>Connections that clients have open.</summary>
    public int Connections { get; init; }

    /// <summary>For bytes on their way, of one loop: past it connections are closed, whatever the ladder says. The rest of the memory is for what the proxy knows.</summary>
    public long BlockBytesOf(int loops) => MemoryBytes * 3 / 4 / loops;

    /// <summary>With the system's own limits where none is given; raises the one of descriptors as far as the system lets it.</summary>
    public OverloadLimits WithSystems()
    {
        long group = ProcessLimits.ControlGroupMemory();
        return this with
        {
            MemoryBytes = MemoryBytes > 0 && group > 0 ? Math.Min(MemoryBytes, group) : Math.Max(MemoryBytes, group),
            Descriptors = ProcessLimits.RaiseDescriptors(),
        };
    }
}
