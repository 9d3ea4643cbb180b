namespace Weft.Transport;

/// <summary>What one read under TLS came to.</summary>
internal enum TlsProgress : byte
{
    Nothing,
    Established,
    Data,
    CloseNotify,
    Truncated,

    /// <summary>More came than the reader lets stand unread.</summary>
    Full,
    Failed,

    /// <summary>The loop has no memory for what came.</summary>
    NoMemory,
}
