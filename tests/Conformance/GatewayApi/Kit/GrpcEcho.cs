using System.Buffers.Binary;
using Google.Protobuf;
using Microsoft.AspNetCore.Http;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>
/// The suite's gRPC echo: Echo and EchoTwo answer who they are and which metadata came, EchoThree is not implemented. The wire
/// form is written by hand (a length-prefixed message per answer), so that no generated code of theirs is needed.
/// </summary>
internal static class GrpcEcho
{
    public const string Service = "gateway_api_conformance.echo_basic.grpcecho.GrpcEcho";

    private const int Unimplemented = 12;

    public static async Task AnswerAsync(HttpContext context, EchoIdentity identity)
    {
        await context.Request.Body.CopyToAsync(Stream.Null, context.RequestAborted);
        context.Response.ContentType = "application/grpc";
        string method = context.Request.Path.Value ?? "";
        bool known = method is $"/{Service}/Echo" or $"/{Service}/EchoTwo";
        if (!known)
        {
            context.Response.Headers["grpc-status"] = Unimplemented.ToString();
            context.Response.Headers["grpc-message"] = $"{method} is not implemented";
            return;
        }

        context.Response.DeclareTrailer("grpc-status");
        byte[] message = Encode(context, method, identity);
        byte[] frame = new byte[5 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), message.Length);
        message.CopyTo(frame, 5);
        await context.Response.Body.WriteAsync(frame, context.RequestAborted);
        context.Response.AppendTrailer("grpc-status", "0");
    }

    // EchoResponse { EchoAssertions assertions = 1; } EchoAssertions { fully_qualified_method = 1; repeated Header headers = 2;
    // string authority = 3; Context context = 4; } Header { key = 1; value = 2; } Context { namespace = 1; ingress = 2; service_name = 3; pod = 4; }
    private static byte[] Encode(HttpContext context, string method, EchoIdentity identity) => Message(response => response(1, ByteString.CopyFrom(Message(assertions =>
    {
        assertions(1, ByteString.CopyFromUtf8(method));
        foreach ((string name, Microsoft.Extensions.Primitives.StringValues values) in context.Request.Headers)
        {
            foreach (string? value in values)
            {
                assertions(2, ByteString.CopyFrom(Message(header =>
                {
                    header(1, ByteString.CopyFromUtf8(name.ToLowerInvariant()));
                    header(2, ByteString.CopyFromUtf8(value ?? ""));
                })));
            }
        }

        assertions(3, ByteString.CopyFromUtf8(context.Request.Host.Value ?? ""));
        assertions(4, ByteString.CopyFrom(Message(place =>
        {
            place(1, ByteString.CopyFromUtf8(identity.Namespace));
            place(4, ByteString.CopyFromUtf8(identity.Pod));
        })));
    }))));

    private static byte[] Message(Action<Action<int, ByteString>> write)
    {
        using var bytes = new MemoryStream();
        using (var output = new CodedOutputStream(bytes, leaveOpen: true))
        {
            write((number, value) =>
            {
                output.WriteTag(number, WireFormat.WireType.LengthDelimited);
                output.WriteBytes(value);
            });
        }

        return bytes.ToArray();
    }
}
