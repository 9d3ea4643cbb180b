namespace Weft.Node.Checks;

/// <summary>Programs of the host that pods are made with.</summary>
public static class HostTools
{
    private static readonly (string Tool, string Package)[] Needed = [("unshare", "util-linux"), ("ip", "iproute2"), ("nft", "nftables"), ("setpriv", "util-linux")];

    /// <summary>The first one that is missing, with its cure.</summary>
    public static (string Tool, string Cure)? Missing()
    {
        foreach ((string tool, string package) in Needed)
        {
            if (Find(tool) is null) { return (tool, $"Install it: apt-get install {package}; or use --explicit, which needs no namespaces."); }
        }

        return null;
    }

    /// <summary>In PATH, or where administrators' tools are.</summary>
    public static string? Find(string tool) =>
        $"{Environment.GetEnvironmentVariable("PATH")}:/usr/sbin:/sbin".Split(':', StringSplitOptions.RemoveEmptyEntries)
            .Select(d => Path.Combine(d, tool)).FirstOrDefault(File.Exists);
}
