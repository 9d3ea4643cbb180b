namespace Weft.Proxy.Overload;

/// <summary>What the proxy takes up at one moment.</summary>
public readonly record struct ResourceUse(long MemoryBytes, long Descriptors, int Connections);

/// <summary>How near the proxy is to its nearest limit.</summary>
/// <param name="Share">Of the limit; 1 is all of it.</param>
/// <param name="Of">"memory", "descriptors" or "connections".</param>
public readonly record struct Pressure(double Share, string Of)
{
    public static Pressure Measure(in ResourceUse use, OverloadLimits limits)
    {
        var highest = new Pressure(0, "memory");
        highest = Higher(highest, use.MemoryBytes, limits.MemoryBytes, "memory");
        highest = Higher(highest, use.Descriptors, limits.Descriptors, "descriptors");
        return Higher(highest, use.Connections, limits.Connections, "connections");
    }

    private static Pressure Higher(Pressure other, long used, long limit, string of) =>
        limit > 0 && (double)used / limit > other.Share ? new Pressure((double)used / limit, of) : other;
}
