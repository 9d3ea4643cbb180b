using Google.Protobuf;
using Weft.Protocol.Discovery.V1;
using Weft.Telemetry.Logging;
using Weft.Transport;

namespace Weft.Proxy.Control;

/// <summary>The discovery stream: asks, takes, acknowledges or refuses, and tells the workload's status. Control loop only.</summary>
internal sealed class DiscoverySession
{
    private const string DeltaMethod = "/weft.discovery.v1.Discovery/Delta";

    private readonly EventLoop _loop;
    private readonly Node _node;
    private readonly MeshFeed _feed;
    private readonly EventLog _log;
    private readonly Action _flush;
    private IGrpcCall? _call;
    private bool _flushQueued;

    public DiscoverySession(EventLoop loop, Node node, MeshFeed feed, EventLog log)
    {
        _loop = loop;
        _node = node;
        _feed = feed;
        _log = log;
        _flush = Flush;
        feed.Asked = QueueFlush;
    }

    /// <summary>What the control plane is told of the workload; kept for the next stream.</summary>
    public WorkloadStatus Status { get; private set; } = new();

    /// <summary>Whether the last stream ended because of who we are.</summary>
    public bool WasRefused { get; private set; }

    public void Report(WorkloadStatus status)
    {
        Status = status;
        _call?.Send(new DeltaRequest { Status = status });
    }

    /// <summary>Until the stream ends; says why it did.</summary>
    /// <param name="answered">Called with the first response.</param>
    public async LoopTask<string> RunAsync(IGrpcConnection connection, Action answered)
    {
        IGrpcCall call = connection.Start(DeltaMethod);
        bool isFirst = true;
        _feed.Refusals.StreamOpens();
        foreach (DeltaRequest request in _feed.Subscriptions.Opening())
        {
            if (isFirst)
            {
                request.Node = _node;
                request.Status = Status;
                isFirst = false;
            }

            request.Refusals = _feed.Refusals.Report(request.Type);
            call.Send(request);
        }

        _call = call;
        while (true)
        {
            GrpcReceived received = await call.ReceiveAsync();
            if (received.IsEnd)
            {
                _call = null;
                WasRefused = received.IsRefusal;
                return $"the discovery stream ended with {received.Status}: {received.Detail}";
            }

            answered();
            if (Take(received.Message.Span) is { } broken)
            {
                _call = null;
                call.Cancel();
                return broken;
            }
        }
    }

    private string? Take(ReadOnlySpan<byte> message)
    {
        DeltaResponse response;
        try
        {
            response = DeltaResponse.Parser.ParseFrom(message);
        }
        catch (InvalidProtocolBufferException e)
        {
            return $"the control plane's answer cannot be read: {e.Message}";
        }

        _log.Write(ControlLog.Received, $"{response.Type}: {response.Resources.Count} resources, {response.Removed.Count} removed, {response.Missing.Count} missing");
        string? error = _feed.Take(response);
        _call?.Send(new DeltaRequest { Type = response.Type, ResponseNonce = response.Nonce, Error = error ?? "", Refusals = _feed.Refusals.Report(response.Type) });
        return null;
    }

    // Many names asked for in one turn leave in one request a type.
    private void QueueFlush()
    {
        if (!_flushQueued)
        {
            _flushQueued = true;
            _loop.Post(_flush);
        }
    }

    private void Flush()
    {
        _flushQueued = false;
        if (_call is not { } call)
        {
            return;
        }

        foreach (DeltaRequest request in _feed.Subscriptions.TakeUnsent())
        {
            call.Send(request);
        }
    }
}
