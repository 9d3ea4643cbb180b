using Google.Protobuf;
using Grpc.Core;

namespace Weft.Conformance.Grpc;

/// <summary>The server's side of the interoperability cases, on Grpc.AspNetCore.</summary>
internal sealed class InteropServer : TestService.TestServiceBase
{
    private const string InitialName = "x-grpc-test-echo-initial";
    private const string TrailingName = "x-grpc-test-echo-trailing-bin";

    public override async Task<Empty> EmptyCall(Empty request, ServerCallContext context)
    {
        await EchoMetadataAsync(context);
        return new Empty();
    }

    public override async Task<SimpleResponse> UnaryCall(SimpleRequest request, ServerCallContext context)
    {
        await EchoMetadataAsync(context);
        Check(request.ResponseStatus);
        return new SimpleResponse { Payload = Zeros(request.ResponseSize) };
    }

    public override async Task StreamingOutputCall(StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responses, ServerCallContext context)
    {
        await EchoMetadataAsync(context);
        await AnswerAsync(request, responses, context);
    }

    public override async Task<StreamingInputCallResponse> StreamingInputCall(IAsyncStreamReader<StreamingInputCallRequest> requests, ServerCallContext context)
    {
        int sum = 0;
        while (await requests.MoveNext(context.CancellationToken))
        {
            sum += requests.Current.Payload.Body.Length;
        }

        return new StreamingInputCallResponse { AggregatedPayloadSize = sum };
    }

    public override async Task FullDuplexCall(
        IAsyncStreamReader<StreamingOutputCallRequest> requests, IServerStreamWriter<StreamingOutputCallResponse> responses, ServerCallContext context)
    {
        await EchoMetadataAsync(context);
        while (await requests.MoveNext(context.CancellationToken))
        {
            Check(requests.Current.ResponseStatus);
            await AnswerAsync(requests.Current, responses, context);
        }
    }

    private static async Task AnswerAsync(StreamingOutputCallRequest request, IServerStreamWriter<StreamingOutputCallResponse> responses, ServerCallContext context)
    {
        foreach (ResponseParameters parameters in request.ResponseParameters)
        {
            if (parameters.IntervalUs > 0)
            {
                using var pause = new PeriodicTimer(TimeSpan.FromMicroseconds(parameters.IntervalUs));
                await pause.WaitForNextTickAsync(context.CancellationToken);
            }

            await responses.WriteAsync(new StreamingOutputCallResponse { Payload = Zeros(parameters.Size) }, context.CancellationToken);
        }
    }

    private static Payload Zeros(int size) => new() { Body = ByteString.CopyFrom(new byte[size]) };

    private static void Check(EchoStatus? status)
    {
        if (status is { Code: not 0 })
        {
            throw new RpcException(new Status((StatusCode)status.Code, status.Message));
        }
    }

    private static async Task EchoMetadataAsync(ServerCallContext context)
    {
        if (context.RequestHeaders.Get(InitialName) is { } initial)
        {
            await context.WriteResponseHeadersAsync(new Metadata { { InitialName, initial.Value } });
        }

        if (context.RequestHeaders.Get(TrailingName) is { } trailing)
        {
            context.ResponseTrailers.Add(TrailingName, trailing.ValueBytes);
        }
    }
}
