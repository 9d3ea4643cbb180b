namespace Weft.Compile.Routing;

/// <summary>"host:port", "host:port|subset", "host:port/tcp": the names that resources of one frontend port have.</summary>
internal readonly record struct MeshName(string Host, uint Port, string Subset)
{
    public const string TcpSuffix = "/tcp";

    public static bool TryParse(string name, out MeshName parsed)
    {
        parsed = default;
        int bar = name.IndexOf('|');
        ReadOnlySpan<char> head = bar < 0 ? name : name.AsSpan(0, bar);
        int colon = head.LastIndexOf(':');
        if (colon <= 0 || !uint.TryParse(head[(colon + 1)..], out uint port) || port > ushort.MaxValue)
        {
            return false;
        }
        parsed = new MeshName(head[..colon].ToString(), port, bar < 0 ? "" : name[(bar + 1)..]);
        return true;
    }

    public override string ToString() => Subset.Length > 0 ? $"{Host}:{Port}|{Subset}" : $"{Host}:{Port}";
}
