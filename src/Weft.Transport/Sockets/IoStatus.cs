using Weft.Primitives;

namespace Weft.Transport;

/// <summary>How a wait on a connection ended. Everything but <see cref="Ok"/> is final for that direction.</summary>
public enum IoStatus : byte
{
    Ok,

    /// <summary>The peer sent its FIN (and, under TLS, its close_notify before it).</summary>
    End,

    /// <summary>The stream stopped without its end: a reset, or a FIN without TLS close_notify (RFC 8446 §6.1).</summary>
    Reset,

    /// <summary>The deadline passed. The connection can still be used.</summary>
    TimedOut,

    /// <summary>The input holds all that one connection may hold, and nobody took any of it.</summary>
    Full,

    /// <summary>The TLS handshake failed, or a record could not be opened.</summary>
    TlsFailed,

    /// <summary>The process has no memory left for its bytes.</summary>
    NoMemory,

    /// <summary>We closed it.</summary>
    Closed,
}

/// <summary>A connection's end as a fault of the side it happened on.</summary>
public static class IoFaults
{
    public static Fault AsClientFault(this IoStatus status) => status switch
    {
        IoStatus.Ok => Fault.None,
        IoStatus.TimedOut => Fault.ClientTimedOut,
        IoStatus.Full => Fault.ClientHeadersTooLarge,
        IoStatus.TlsFailed => Fault.ClientHandshakeFailed,
        IoStatus.NoMemory => Fault.Overloaded,
        _ => Fault.ClientClosed,
    };

    public static Fault AsUpstreamFault(this IoStatus status) => status switch
    {
        IoStatus.Ok => Fault.None,
        IoStatus.TimedOut => Fault.UpstreamTimedOut,
        IoStatus.Full => Fault.UpstreamMalformed,
        IoStatus.TlsFailed => Fault.UpstreamHandshakeFailed,
        IoStatus.NoMemory => Fault.Overloaded,
        _ => Fault.UpstreamReset,
    };
}
