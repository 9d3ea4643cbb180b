namespace Weft.Wire.Dns;

/// <summary>Types of records (RFC 1035 §3.2.2, RFC 3596, RFC 6891).</summary>
public static class DnsType
{
    public const ushort A = 1;
    public const ushort Cname = 5;
    public const ushort Soa = 6;
    public const ushort Aaaa = 28;
    public const ushort Opt = 41;
    public const ushort Any = 255;
}
