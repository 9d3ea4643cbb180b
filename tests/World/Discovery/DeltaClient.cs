using Grpc.Core;
using Weft.Protocol.Discovery.V1;

namespace Weft.World.Discovery;

/// <summary>One delta stream as a proxy would drive it.</summary>
internal sealed class DeltaClient(Protocol.Discovery.V1.Discovery.DiscoveryClient client) : IDisposable
{
    private readonly AsyncDuplexStreamingCall<DeltaRequest, DeltaResponse> _call = client.Delta(cancellationToken: DiscoveryWorld.Patience);

    public Task HelloAsync(string workload, WorkloadStatus? status = null) =>
        _call.RequestStream.WriteAsync(new DeltaRequest { Node = new Protocol.Discovery.V1.Node { Workload = workload, Version = "test" }, Status = status });

    public Task SubscribeAsync(string type, params string[] names) =>
        _call.RequestStream.WriteAsync(new DeltaRequest { Type = type, Subscribe = { names } });

    public Task SendAsync(DeltaRequest request) => _call.RequestStream.WriteAsync(request);

    public Task AcknowledgeUnnamedAsync(DeltaResponse response, string error = "") =>
        _call.RequestStream.WriteAsync(new DeltaRequest { Type = response.Type, ResponseNonce = response.Nonce, Error = error });

    /// <summary>As a proxy that names what it refuses.</summary>
    public Task AcknowledgeAsync(DeltaResponse response, string error, params Refusal[] refusals) =>
        _call.RequestStream.WriteAsync(new DeltaRequest { Type = response.Type, ResponseNonce = response.Nonce, Error = error, Refusals = new RefusalReport { Refusals = { refusals } } });

    public async Task<DeltaResponse> NextAsync() =>
        await _call.ResponseStream.MoveNext(DiscoveryWorld.Patience)
            ? _call.ResponseStream.Current
            : throw new InvalidOperationException("The stream ended.");

    /// <summary>The status that the stream ends with.</summary>
    public async Task<Status> EndAsync()
    {
        try
        {
            while (await _call.ResponseStream.MoveNext(DiscoveryWorld.Patience))
            {
            }

            return _call.GetStatus();
        }
        catch (RpcException error)
        {
            return error.Status;
        }
    }

    public void Dispose() => _call.Dispose();
}
