using Google.Protobuf;
using Grpc.Core;
using Weft.Proxy.Control.GrpcClient;
using Weft.Transport;

namespace Weft.Proxy.Control;

/// <summary>Dials the control plane and accepts nobody else there: any workload of the mesh has a certificate that chains to the bundle.</summary>
internal sealed class ControlDialer(EventLoop loop, ControlAddress address) : IControlDialer
{
    private const string ControlNamespace = "weft-system";
    private const string ControlAccount = "weft-control";

    public IGrpcConnection Open(TlsContext tls) => new GrpcConnection(loop, tls, new GrpcChannelOptions
    {
        Resolve = address.ResolveAsync,
        Authority = address.Authority,
        Tls = () => tls,
        VerifyPeer = Refusal,
    });

    private static string? Refusal(TlsPeer peer) => peer.Identity is { Namespace: ControlNamespace, ServiceAccount: ControlAccount }
        ? null
        : $"it proved to be {peer.Identity?.Text ?? "nobody"}, not the control plane ({ControlNamespace}/{ControlAccount})";
}

/// <summary>Calls over one channel, with their results on the control loop.</summary>
internal sealed class GrpcConnection(EventLoop loop, TlsContext? tls, GrpcChannelOptions options) : IGrpcConnection, IDisposable
{
    private readonly GrpcChannel _channel = new(loop, options);

    public bool IsUsable { get; private set; } = true;

    public IGrpcCall Start(string method)
    {
        int slash = method.LastIndexOf('/');
        var raw = new Method<IMessage, RawMessage>(MethodType.DuplexStreaming, method[1..slash], method[(slash + 1)..], Outgoing, Incoming);
        return new ChannelCall(loop, _channel.AsyncDuplexStreamingCall(raw, null, default));
    }

    public void Close()
    {
        if (IsUsable)
        {
            IsUsable = false;
            _channel.Dispose();
            tls?.Dispose();
        }
    }

    public void Dispose() => Close();

    // Messages are parsed by whoever asked, so that one place decides what a broken one means.
    private static readonly Marshaller<IMessage> Outgoing = Marshallers.Create<IMessage>(static m => m.ToByteArray(), static _ => throw new NotSupportedException("Requests are only written."));

    private static readonly Marshaller<RawMessage> Incoming = Marshallers.Create(static m => m.Bytes, static b => new RawMessage(b));

    /// <summary>A received message, not yet read.</summary>
    private sealed record RawMessage(byte[] Bytes);

    private sealed class ChannelCall(EventLoop loop, AsyncDuplexStreamingCall<IMessage, RawMessage> call) : IGrpcCall
    {
        private readonly LoopSignal _arrived = new(loop);
        private bool _ended;

        public bool Send(IMessage message)
        {
            if (!_ended)
            {
                Forget(call.RequestStream.WriteAsync(message));
            }

            return !_ended;
        }

        public void Finish() => Forget(call.RequestStream.CompleteAsync());

        public async LoopTask<GrpcReceived> ReceiveAsync()
        {
            // The channel's tasks go on in the thread pool; a loop waits for its own signals only.
            Task<bool> next = call.ResponseStream.MoveNext(CancellationToken.None);
            _ = next.ContinueWith(static (_, signal) => ((LoopSignal)signal!).SetFromOutside(), _arrived, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            await _arrived;
            _arrived.Reset();
            if (next.IsCompletedSuccessfully && next.Result)
            {
                return new GrpcReceived(call.ResponseStream.Current.Bytes, false, "", "");
            }

            _ended = true;
            return next.Exception?.InnerException is RpcException failed
                ? new GrpcReceived(default, true, failed.StatusCode.ToString(), failed.Status.Detail)
                : new GrpcReceived(default, true, next.IsCompletedSuccessfully ? nameof(StatusCode.OK) : nameof(StatusCode.Unknown), next.Exception?.InnerException?.Message ?? "the server ended it");
        }

        public void Cancel()
        {
            _ended = true;
            call.Dispose();
        }

        // How a write ended shows in how the call ends.
        private static void Forget(Task write) =>
            _ = write.ContinueWith(static t => _ = t.Exception, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }
}
