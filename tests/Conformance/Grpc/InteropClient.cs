using Google.Protobuf;
using Grpc.Core;
using Grpc.Net.Client;

namespace Weft.Conformance.Grpc;

/// <summary>The client's side of the interoperability cases, on Grpc.Net.Client.</summary>
internal static class InteropClient
{
    private static readonly int[] s_requestSizes = [27182, 8, 1828, 45904];
    private static readonly int[] s_responseSizes = [31415, 9, 2653, 58979];

    internal static readonly IReadOnlyDictionary<string, Func<GrpcChannel, CallOptions, Task>> Cases = new Dictionary<string, Func<GrpcChannel, CallOptions, Task>>
    {
        ["empty_unary"] = async (c, o) => Assert.Equal(new Empty(), await Client(c).EmptyCallAsync(new Empty(), o)),
        ["large_unary"] = async (c, o) => Assert.Equal(314_159, (await Client(c).UnaryCallAsync(new SimpleRequest { ResponseSize = 314_159, Payload = Zeros(271_828) }, o)).Payload.Body.Length),
        ["client_streaming"] = ClientStreamingAsync,
        ["server_streaming"] = ServerStreamingAsync,
        ["ping_pong"] = PingPongAsync,
        ["empty_stream"] = EmptyStreamAsync,
        ["timeout_on_sleeping_server"] = TimeoutAsync,
        ["cancel_after_begin"] = CancelAfterBeginAsync,
        ["cancel_after_first_response"] = CancelAfterFirstResponseAsync,
        ["custom_metadata"] = CustomMetadataAsync,
        ["status_code_and_message"] = (c, o) => StatusAsync(c, o, "test status message"),
        ["special_status_message"] = (c, o) => StatusAsync(c, o, "\t\ntest with whitespace\r\nand Unicode BMP \u263a and non-BMP \ud83d\ude08\t\n"),
        ["unimplemented_method"] = (c, o) => FailsAsync(StatusCode.Unimplemented, Client(c).UnimplementedCallAsync(new Empty(), o).ResponseAsync),
        ["unimplemented_service"] = (c, o) => FailsAsync(StatusCode.Unimplemented, new UnimplementedService.UnimplementedServiceClient(c).UnimplementedCallAsync(new Empty(), o).ResponseAsync),
    };

    private static TestService.TestServiceClient Client(GrpcChannel channel) => new(channel);

    private static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    private static async Task ClientStreamingAsync(GrpcChannel channel, CallOptions options)
    {
        using AsyncClientStreamingCall<StreamingInputCallRequest, StreamingInputCallResponse> call = Client(channel).StreamingInputCall(options);
        foreach (int size in s_requestSizes)
        {
            await call.RequestStream.WriteAsync(new StreamingInputCallRequest { Payload = Zeros(size) });
        }

        await call.RequestStream.CompleteAsync();
        Assert.Equal(s_requestSizes.Sum(), (await call).AggregatedPayloadSize);
    }

    private static async Task ServerStreamingAsync(GrpcChannel channel, CallOptions options)
    {
        var request = new StreamingOutputCallRequest { ResponseParameters = { s_responseSizes.Select(s => new ResponseParameters { Size = s }) } };
        using AsyncServerStreamingCall<StreamingOutputCallResponse> call = Client(channel).StreamingOutputCall(request, options);
        Assert.Equal(s_responseSizes, await call.ResponseStream.ReadAllAsync().Select(r => r.Payload.Body.Length).ToArrayAsync());
    }

    private static async Task PingPongAsync(GrpcChannel channel, CallOptions options)
    {
        using AsyncDuplexStreamingCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call = Client(channel).FullDuplexCall(options);
        for (int i = 0; i < s_requestSizes.Length; i++)
        {
            await call.RequestStream.WriteAsync(Request(s_responseSizes[i], s_requestSizes[i]));
            Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
            Assert.Equal(s_responseSizes[i], call.ResponseStream.Current.Payload.Body.Length);
        }

        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(StatusCode.OK, call.GetStatus().StatusCode);
    }

    private static StreamingOutputCallRequest Request(int answer, int size, int intervalUs = 0) =>
        new() { Payload = Zeros(size), ResponseParameters = { new ResponseParameters { Size = answer, IntervalUs = intervalUs } } };

    private static async Task EmptyStreamAsync(GrpcChannel channel, CallOptions options)
    {
        using AsyncDuplexStreamingCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call = Client(channel).FullDuplexCall(options);
        await call.RequestStream.CompleteAsync();
        Assert.False(await call.ResponseStream.MoveNext(CancellationToken.None));
    }

    private static async Task TimeoutAsync(GrpcChannel channel, CallOptions options)
    {
        DateTime deadline = TimeProvider.System.GetUtcNow().UtcDateTime.AddMilliseconds(200);
        using AsyncDuplexStreamingCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call = Client(channel).FullDuplexCall(options.WithDeadline(deadline));
        await call.RequestStream.WriteAsync(Request(8, 27182, intervalUs: 10_000_000));
        await FailsAsync(StatusCode.DeadlineExceeded, call.ResponseStream.MoveNext(CancellationToken.None));
    }

    private static async Task CancelAfterBeginAsync(GrpcChannel channel, CallOptions options)
    {
        using var cancel = new CancellationTokenSource();
        using AsyncClientStreamingCall<StreamingInputCallRequest, StreamingInputCallResponse> call = Client(channel).StreamingInputCall(options.WithCancellationToken(cancel.Token));
        await cancel.CancelAsync();
        await FailsAsync(StatusCode.Cancelled, call.ResponseAsync);
    }

    private static async Task CancelAfterFirstResponseAsync(GrpcChannel channel, CallOptions options)
    {
        using var cancel = new CancellationTokenSource();
        using AsyncDuplexStreamingCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call = Client(channel).FullDuplexCall(options.WithCancellationToken(cancel.Token));
        await call.RequestStream.WriteAsync(Request(31415, 27182));
        Assert.True(await call.ResponseStream.MoveNext(CancellationToken.None));
        await cancel.CancelAsync();
        await FailsAsync(StatusCode.Cancelled, call.ResponseStream.MoveNext(CancellationToken.None));
    }

    private static async Task CustomMetadataAsync(GrpcChannel channel, CallOptions options)
    {
        byte[] binary = [0xAB, 0xAB, 0xAB];
        var metadata = new Metadata { { "x-grpc-test-echo-initial", "test_initial_metadata_value" }, { "x-grpc-test-echo-trailing-bin", binary } };
        using AsyncUnaryCall<SimpleResponse> call = Client(channel).UnaryCallAsync(new SimpleRequest { ResponseSize = 314_159, Payload = Zeros(271_828) }, options.WithHeaders(metadata));
        Assert.Equal("test_initial_metadata_value", (await call.ResponseHeadersAsync).GetValue("x-grpc-test-echo-initial"));
        Assert.Equal(314_159, (await call).Payload.Body.Length);
        Assert.Equal(binary, call.GetTrailers().GetValueBytes("x-grpc-test-echo-trailing-bin"));
    }

    private static async Task StatusAsync(GrpcChannel channel, CallOptions options, string message)
    {
        var status = new EchoStatus { Code = 2, Message = message };
        RpcException unary = await FailsAsync(StatusCode.Unknown, Client(channel).UnaryCallAsync(new SimpleRequest { ResponseStatus = status }, options).ResponseAsync);
        Assert.Equal(message, unary.Status.Detail);
        using AsyncDuplexStreamingCall<StreamingOutputCallRequest, StreamingOutputCallResponse> call = Client(channel).FullDuplexCall(options);
        await call.RequestStream.WriteAsync(new StreamingOutputCallRequest { ResponseStatus = status });
        RpcException duplex = await FailsAsync(StatusCode.Unknown, call.ResponseStream.MoveNext(CancellationToken.None));
        Assert.Equal(message, duplex.Status.Detail);
    }

    private static async Task<RpcException> FailsAsync(StatusCode code, Task call)
    {
        RpcException failure = await Assert.ThrowsAsync<RpcException>(() => call);
        Assert.Equal(code, failure.StatusCode);
        return failure;
    }
}
