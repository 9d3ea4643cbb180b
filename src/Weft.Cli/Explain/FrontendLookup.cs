using System.Net;
using Weft.Model.V1;
using Weft.Policy;

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
            Frontend[] own = [.. frontends.Where(f => f.VirtualAddresses.Any(a => a.Span.SequenceEqual(bytes)))];
            return own.Length > 0 ? own : Around(IpValue.From(address));
        }
        string inNamespace = $"{name}.{ns}.svc";
        IEnumerable<Frontend> exact = frontends.Where(f => f.Hostnames.Any(h => h == name || (!name.Contains('.') && h == inNamespace)));
        IEnumerable<Frontend> wild = frontends.Where(f => f.Name.StartsWith("*.", StringComparison.Ordinal) && name.Length > f.Name.Length - 1 && name.EndsWith(f.Name[1..], StringComparison.Ordinal))
            .OrderByDescending(f => f.Name.Length);
        return exact.Concat(wild);
    }

    /// <summary>By a block that the address lies in, the narrowest first; then those that have a port at any address.</summary>
    private IEnumerable<Frontend> Around(IpValue address) => frontends
        .SelectMany(f => f.AddressBlocks.Select(b => (Frontend: f, Block: IpBlock.TryParse(b, out IpBlock block) ? block : default)))
        .Where(b => b.Block != default && b.Block.Contains(address)).OrderByDescending(b => UInt128.PopCount(b.Block.Mask)).Select(b => b.Frontend)
        .Concat(frontends.Where(f => f.Ports.Any(p => p.AnyAddress)).Select(Anywhere));

    private static Frontend Anywhere(Frontend frontend)
    {
        Frontend only = frontend.Clone();
        only.Ports.Clear();
        only.Ports.AddRange(frontend.Ports.Where(p => p.AnyAddress));
        return only;
    }
}
