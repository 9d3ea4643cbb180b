namespace Weft.Wire.Dns;

/// <summary>How a server says a question went (RFC 1035 §4.1.1, RCODE).</summary>
public static class DnsCode
{
    public const int NoError = 0;
    public const int FormatError = 1;
    public const int ServerFailure = 2;
    public const int NameError = 3;
    public const int NotImplemented = 4;
}
