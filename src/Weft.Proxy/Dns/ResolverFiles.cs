using Weft.Wire.Dns;

namespace Weft.Proxy.Dns;

/// <summary>
/// resolv.conf and hosts of the host, read again when they have changed. Control loop only: the files are local and small, so that reading them
/// there holds up nothing.
/// </summary>
internal sealed class ResolverFiles(string resolverPath = "/etc/resolv.conf", string hostsPath = "/etc/hosts", string interfacesPath = "/proc/net/if_inet6")
{
    private (long Ticks, long Length) _resolverSeen;
    private (long Ticks, long Length) _hostsSeen;
    private long _nextLookMs = long.MinValue;

    public ResolverConfig Config { get; private set; } = ResolverConfigReader.Read([]);

    public HostsFile Hosts { get; private set; } = HostsFile.Empty;

    /// <summary>The host has an IPv6 address that leads further than its own link; without one IPv6 addresses are of use only where there are no others.</summary>
    public bool HasIpv6 { get; private set; }

    public void Look(long nowMs)
    {
        if (nowMs < _nextLookMs)
        {
            return;
        }

        _nextLookMs = nowMs + NameLimits.FilesLookMs;
        if (IsNews(resolverPath, ref _resolverSeen))
        {
            Config = ResolverConfigReader.Read(Read(resolverPath, ResolverConfigReader.BytesMax));
        }

        if (IsNews(hostsPath, ref _hostsSeen))
        {
            Hosts = HostsFile.Read(Read(hostsPath, HostsFile.BytesMax));
        }

        HasIpv6 = HasGlobal(interfacesPath);
    }

    private static bool IsNews(string path, ref (long Ticks, long Length) seen)
    {
        var file = new FileInfo(path);
        (long, long) now = file.Exists ? (file.LastWriteTimeUtc.Ticks, file.Length) : (0, 0);
        bool isNews = now != seen;
        seen = now;
        return isNews;
    }

    private static byte[] Read(string path, int bytesMax)
    {
        try
        {
            using FileStream file = File.OpenRead(path);
            byte[] bytes = new byte[Math.Min(file.Length, bytesMax)];
            return bytes[..file.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false)];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return []; // as if it were not there, like the C library
        }
    }

    // if_inet6: address, interface, prefix, scope, flags, name; scope 00 is global.
    private static bool HasGlobal(string interfacesPath)
    {
        try
        {
            return File.ReadLines(interfacesPath).Any(static line => line.Split(' ', StringSplitOptions.RemoveEmptyEntries) is [_, _, _, "00", ..]);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false; // a kernel without IPv6
        }
    }
}
