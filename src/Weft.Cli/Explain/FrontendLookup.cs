using System.Net;
using Weft.Model.V1;

namespace Weft.Cli.Explain;

/// <summary>Finds frontends as a proxy does: by name as the caller's resolver completes it, or by address.</summary>
internal sealed class FrontendLookup(IReadOnlyList<Frontend> frontends, string ns)
{
    public (Frontend Frontend, FrontendPort Port)? Dialled(string host, uint port) =>
        Candidates(host).Select(f => ((Frontend, FrontendPort)?)Port(f, port)).FirstOrDefault(f => f is not null);

    /// <summary>By the Host header.</summary>
    public (Frontend Frontend, FrontendPort Port)? Named(string host, uint port) => host.Length == 0 ? null : Dialled(host, port);

    public bool Knows(string host) => Candidates(host).Any();

    private static (Frontend, FrontendPort)? Port(Frontend frontend, uint port) =>
        frontend.Ports.FirstOrDefault(p => p.Port == port) is { } found ? (frontend, found) : null;

    /// <summary>Exact names before wildcards, longer wildcards before shorter.</summary>
    private IEnumerable<Frontend> Candidates(string host)
    {
        string name = host.TrimEnd('.').ToLowerInvariant();
        if (IPAddress.TryParse(name, out IPAddress? address))
        {
            byte[] bytes = address.GetAddressBytes();
            return frontends.Where(f => f.VirtualAddresses.Any(a => a.Span.SequenceEqual(bytes)));
        }
        string inNamespace = $"{name}.{ns}.svc";
        IEnumerable<Frontend> exact = frontends.Where(f => f.Hostnames.Any(h => h == name || (!name.Contains('.') && h == inNamespace)));
        IEnumerable<Frontend> wild = frontends.Where(f => f.Name.StartsWith("*.", StringComparison.Ordinal) && name.Length > f.Name.Length - 1 && name.EndsWith(f.Name[1..], StringComparison.Ordinal))
            .OrderByDescending(f => f.Name.Length);
        return exact.Concat(wild);
    }
}
