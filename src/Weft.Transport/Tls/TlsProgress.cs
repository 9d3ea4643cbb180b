namespace Weft.Transport;

/// <summary>What one read under TLS came to.</summary>
internal enum TlsProgress : byte
{
    Nothing,
    Established,
    Data,
    CloseNotify,
    Truncated,
    Failed,

    /// <summary>The loop has no memory for what came.</summary>
    NoMemory,
}
