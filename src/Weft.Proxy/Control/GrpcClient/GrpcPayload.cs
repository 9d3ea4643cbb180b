using System.Buffers;
using Grpc.Core;
using Weft.Wire.Grpc;

namespace Weft.Proxy.Control.GrpcClient;

/// <summary>One message to send, serialized behind the room for its prefix.</summary>
internal sealed class RequestPayload : SerializationContext
{
    private readonly ArrayBufferWriter<byte> _writer = new();
    private byte[]? _whole;

    internal static byte[] Serialize<T>(Marshaller<T> marshaller, T message)
    {
        var payload = new RequestPayload();
        marshaller.ContextualSerializer(message, payload);
        ReadOnlySpan<byte> body = payload._whole ?? payload._writer.WrittenSpan;
        byte[] framed = new byte[GrpcMessageReader.PrefixBytes + body.Length];
        _ = GrpcMessageReader.WritePrefix(framed, body.Length);
        body.CopyTo(framed.AsSpan(GrpcMessageReader.PrefixBytes));
        return framed;
    }

    public override void Complete(byte[] payload) => _whole = payload;

    public override IBufferWriter<byte> GetBufferWriter() => _writer;

    public override void SetPayloadLength(int payloadLength)
    {
        // The writer grows as it is written to.
    }

    public override void Complete()
    {
        // What was written is the message.
    }
}

/// <summary>One message that was received.</summary>
internal sealed class ResponsePayload(byte[] message) : DeserializationContext
{
    public override int PayloadLength => message.Length;

    public override byte[] PayloadAsNewBuffer() => message;

    public override ReadOnlySequence<byte> PayloadAsReadOnlySequence() => new(message);
}
