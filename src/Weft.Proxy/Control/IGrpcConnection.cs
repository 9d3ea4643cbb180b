using Google.Protobuf;
using Weft.Transport;

namespace Weft.Proxy.Control;

/// <summary>One connection to the control plane. Used on the control loop.</summary>
internal interface IGrpcConnection
{
    /// <summary>False once it failed or was told to go away.</summary>
    bool IsUsable { get; }

    /// <summary>Starts a call of <c>/package.Service/Method</c>.</summary>
    IGrpcCall Start(string method);

    void Close();
}

/// <summary>One call with its messages in both directions. Used on the control loop.</summary>
internal interface IGrpcCall
{
    /// <summary>Queues a message; what flow control does not let through yet waits. False: the call has ended.</summary>
    bool Send(IMessage message);

    /// <summary>No more messages from us.</summary>
    void Finish();

    /// <summary>The next message, or how the call ended. One waits at a time.</summary>
    LoopTask<GrpcReceived> ReceiveAsync();

    void Cancel();
}

/// <summary>A message, or the end of the call.</summary>
/// <param name="Message">Valid until the next receive.</param>
internal readonly record struct GrpcReceived(ReadOnlyMemory<byte> Message, bool IsEnd, string Status, string Detail)
{
    /// <summary>The server does not take us for who we say we are.</summary>
    public bool IsRefusal => IsEnd && Status is "Unauthenticated" or "PermissionDenied";
}

/// <summary>Opens connections to the control plane.</summary>
internal interface IControlDialer
{
    /// <summary>Dials with the first call; when that fails, the call ends as unavailable and says why.</summary>
    /// <param name="tls">Who we are and whom we trust, or only the pinned root before the first certificate. The connection's from now on.</param>
    IGrpcConnection Open(TlsContext tls);
}
