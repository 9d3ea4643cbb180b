using Grpc.Core;
using Weft.Transport;

namespace Weft.Proxy.Control.GrpcClient;

/// <summary>
/// gRPC over our own HTTP/2 and TLS, for the control plane: the generated clients call through it. It holds one connection,
/// dialled when first needed and again after it ended. Any thread; results arrive in the thread pool.
/// </summary>
public sealed class GrpcChannel : CallInvoker, IDisposable
{
    public GrpcChannel(EventLoop loop, GrpcChannelOptions options, TimeProvider? clock = null)
    {
        Loop = loop;
        Options = options;
        Clock = clock ?? TimeProvider.System;
        Connector = new GrpcConnector(loop, options);
    }

    internal EventLoop Loop { get; }

    internal GrpcChannelOptions Options { get; }

    internal TimeProvider Clock { get; }

    internal GrpcConnector Connector { get; }

    /// <summary>Takes the next call over a new connection, with a new TLS context; calls under way end on the old one.</summary>
    public void Reset() => Loop.Post(Connector.Reset);

    /// <summary>Ends every call and the connection.</summary>
    public void Dispose() => Loop.Post(Connector.Close);

    public override TResponse BlockingUnaryCall<TRequest, TResponse>(Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request) =>
        AsyncUnaryCall(method, host, options, request).ResponseAsync.GetAwaiter().GetResult();

    public override AsyncUnaryCall<TResponse> AsyncUnaryCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        GrpcCall call = Begin(method, options);
        Task<TResponse> response = OneAsync(call, method, request);
        return new AsyncUnaryCall<TResponse>(response, call.Headers, () => call.StatusNow, () => call.TrailersNow, call.Dispose);
    }

    public override AsyncServerStreamingCall<TResponse> AsyncServerStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options, TRequest request)
    {
        GrpcCall call = Begin(method, options);
        _ = call.SendAsync(RequestPayload.Serialize(method.RequestMarshaller, request));
        _ = call.SendAsync(null);
        var responses = new GrpcResponseStream<TResponse>(call, method.ResponseMarshaller);
        return new AsyncServerStreamingCall<TResponse>(responses, call.Headers, () => call.StatusNow, () => call.TrailersNow, call.Dispose);
    }

    public override AsyncClientStreamingCall<TRequest, TResponse> AsyncClientStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        GrpcCall call = Begin(method, options);
        var requests = new GrpcRequestStream<TRequest>(call, method.RequestMarshaller);
        Task<TResponse> response = OnlyAsync(call, method.ResponseMarshaller);
        return new AsyncClientStreamingCall<TRequest, TResponse>(requests, response, call.Headers, () => call.StatusNow, () => call.TrailersNow, call.Dispose);
    }

    public override AsyncDuplexStreamingCall<TRequest, TResponse> AsyncDuplexStreamingCall<TRequest, TResponse>(
        Method<TRequest, TResponse> method, string? host, CallOptions options)
    {
        GrpcCall call = Begin(method, options);
        var requests = new GrpcRequestStream<TRequest>(call, method.RequestMarshaller);
        var responses = new GrpcResponseStream<TResponse>(call, method.ResponseMarshaller);
        return new AsyncDuplexStreamingCall<TRequest, TResponse>(
            requests, responses, call.Headers, () => call.StatusNow, () => call.TrailersNow, call.Dispose);
    }

    private GrpcCall Begin<TRequest, TResponse>(Method<TRequest, TResponse> method, CallOptions options) =>
        options.Credentials is null
            ? new GrpcCall(this, method.FullName, options)
            : throw new NotSupportedException("A mesh identity is the connection's certificate; put other credentials into the call's headers.");

    private static async Task<TResponse> OneAsync<TRequest, TResponse>(GrpcCall call, Method<TRequest, TResponse> method, TRequest request)
        where TRequest : class
        where TResponse : class
    {
        // A server may answer before it has read the request: the response counts, not how the sending ended.
        _ = call.SendAsync(RequestPayload.Serialize(method.RequestMarshaller, request));
        _ = call.SendAsync(null);
        return await OnlyAsync(call, method.ResponseMarshaller);
    }

    /// <summary>Exactly one message and an OK status.</summary>
    private static async Task<TResponse> OnlyAsync<TResponse>(GrpcCall call, Marshaller<TResponse> marshaller)
        where TResponse : class
    {
        byte[]? message = await call.ReadAsync();
        if (message is null)
        {
            throw new RpcException(new Status(StatusCode.Internal, "The server ended the call without a message."));
        }

        if (await call.ReadAsync() is not null)
        {
            call.Dispose();
            throw new RpcException(new Status(StatusCode.Internal, "The server sent a second message to a call that takes one."));
        }

        return marshaller.ContextualDeserializer(new ResponsePayload(message));
    }
}
