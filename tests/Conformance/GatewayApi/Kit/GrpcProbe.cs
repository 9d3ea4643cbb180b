using System.Buffers.Binary;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using Google.Protobuf;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>One call of the gRPC echo. Without a backend the call must end as UNIMPLEMENTED.</summary>
internal sealed record GrpcRow(string Method, string Backend = "")
{
    public string Authority { get; init; } = "";

    public (string Name, string Value)[] Metadata { get; init; } = [];

    public override string ToString() => $"gRPC {Authority} {Method} {string.Join(' ', Metadata.Select(m => $"{m.Name}:{m.Value}"))} → {(Backend.Length > 0 ? Backend : "UNIMPLEMENTED")}";
}

internal sealed record GrpcCaptured(int Code, string Message, string Pod, ILookup<string, string> Headers)
{
    private const int Ok = 0;
    private const int Unimplemented = 12;

    public string? Differs(GrpcRow row)
    {
        int wanted = row.Backend.Length > 0 ? Ok : Unimplemented;
        return Code != wanted ? $"status {Code} ({Message}) instead of {wanted}"
            : row.Backend.Length > 0 && !Pod.StartsWith(row.Backend, StringComparison.Ordinal) ? $"answered by {Pod} instead of {row.Backend}" : null;
    }
}

/// <summary>Calls the echo over clear HTTP/2 by prior knowledge, a connection for each call.</summary>
internal static class GrpcProbe
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    public static async Task<GrpcCaptured> CallAsync(IPEndPoint to, GrpcRow row, CancellationToken ct)
    {
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, cancel) =>
            {
                var socket = new Socket(to.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(to, cancel);
                return new NetworkStream(socket, ownsSocket: true);
            },
        };
        using var client = new HttpClient(handler) { Timeout = Limit };
        using var request = new HttpRequestMessage(HttpMethod.Post, $"http://{(row.Authority.Length > 0 ? row.Authority : to.ToString())}/{GrpcEcho.Service}/{row.Method}")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(new byte[5]), // one message without fields
        };
        request.Content.Headers.ContentType = new MediaTypeHeaderValue("application/grpc");
        request.Headers.TE.ParseAdd("trailers");
        foreach ((string name, string value) in row.Metadata)
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        using HttpResponseMessage response = await client.SendAsync(request, ct);
        byte[] body = await response.Content.ReadAsByteArrayAsync(ct);
        string Field(string name) => response.TrailingHeaders.TryGetValues(name, out IEnumerable<string>? trailer) ? trailer.First()
            : response.Headers.TryGetValues(name, out IEnumerable<string>? header) ? header.First() : "";
        int code = int.TryParse(Field("grpc-status"), out int status) ? status : -(int)response.StatusCode;
        return Read(code, Field("grpc-message"), body);
    }

    private static GrpcCaptured Read(int code, string message, byte[] body)
    {
        string pod = "";
        List<(string Name, string Value)> headers = [];
        if (body.Length > 5)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(body.AsSpan(1));
            Fields(body.AsMemory(5, length), (_, assertions) => Fields(assertions, (number, value) =>
            {
                if (number == 2)
                {
                    string[] pair = ["", ""];
                    Fields(value, (part, text) => pair[part - 1] = System.Text.Encoding.UTF8.GetString(text.Span));
                    headers.Add((pair[0], pair[1]));
                }
                else if (number == 4)
                {
                    Fields(value, (part, text) => pod = part == 4 ? System.Text.Encoding.UTF8.GetString(text.Span) : pod);
                }
            }));
        }

        return new GrpcCaptured(code, message, pod, headers.ToLookup(h => h.Name, h => h.Value));
    }

    private static void Fields(ReadOnlyMemory<byte> message, Action<int, ReadOnlyMemory<byte>> take)
    {
        using var input = new CodedInputStream(message.ToArray());
        while (input.ReadTag() is var tag && tag != 0)
        {
            take(WireFormat.GetTagFieldNumber(tag), input.ReadBytes().Memory);
        }
    }
}
