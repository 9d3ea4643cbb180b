using Weft.Node.Agent;

namespace Weft.Node.Applications;

/// <summary>Ports of the host that every program of an application may reach, in addition to what its file says. Pure.</summary>
public static class HostPorts
{
    public static ApplicationFile AddTo(ApplicationFile application, IReadOnlyList<int> ports)
    {
        if (ports.Count == 0) { return application; }
        LocalProgram With(LocalProgram program) => program with { HostPorts = [.. program.HostPorts.Union(ports)] };
        return application with
        {
            Services = [.. application.Services.Select(s => s with { Versions = [.. s.Versions.Select(v => v with { Program = With(v.Program) })] })],
            Images = application.Images.ToDictionary(i => i.Key, i => With(i.Value), StringComparer.Ordinal),
        };
    }
}
