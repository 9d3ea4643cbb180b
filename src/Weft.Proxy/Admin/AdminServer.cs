using System.Text;
using Weft.Transport;

namespace Weft.Proxy.Admin;

/// <summary>A small HTTP/1 server for operators and scrapers: one request a connection, no bodies. Control loop only.</summary>
internal sealed class AdminServer(Func<AdminRequest, AdminAnswer> answer)
{
    private const int HeadBytesMax = 8 << 10;
    private const long HeadTimeMs = 5_000;

    public void Accept(LoopConnection connection) => connection.Loop.Supervise(ServeAsync(connection), "admin");

    private async LoopTask ServeAsync(LoopConnection connection)
    {
        connection.InputBytesMax = HeadBytesMax;
        connection.SetReadDeadline(HeadTimeMs);
        int end;
        while ((end = connection.Input.IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (await connection.ReadAsync() is not IoStatus.Ok)
            {
                connection.Close();
                return;
            }
        }

        AdminRequest? request = TryParse(connection.Input[..end]);
        AdminAnswer reply = request is null ? AdminAnswer.Text(400, "That is not an HTTP/1.1 request.\n") : answer(request);
        string length = reply.Stream is null ? $"content-length: {reply.Body.Length}\r\n" : "";
        connection.Write(Encoding.ASCII.GetBytes($"HTTP/1.1 {reply.Status} {Reason(reply.Status)}\r\ncontent-type: {reply.ContentType}\r\n{length}connection: close\r\n\r\n"));
        connection.Write(reply.Body);
        if (reply.Stream is { } stream)
        {
            await stream(connection);
        }

        await connection.DrainAsync();
        connection.Finish();
        connection.Close();
    }

    // RFC 9112 §3: method SP request-target SP HTTP-version.
    private static AdminRequest? TryParse(ReadOnlySpan<byte> head)
    {
        int lineEnd = head.IndexOf("\r\n"u8);
        string[] parts = Encoding.ASCII.GetString(lineEnd < 0 ? head : head[..lineEnd]).Split(' ');
        if (parts is not [var method, ['/', ..] target, "HTTP/1.1" or "HTTP/1.0"])
        {
            return null;
        }

        int question = target.IndexOf('?', StringComparison.Ordinal);
        return question < 0 ? new AdminRequest(method, target, "") : new AdminRequest(method, target[..question], target[(question + 1)..]);
    }

    private static string Reason(int status) => status switch
    {
        200 => "OK",
        202 => "Accepted",
        400 => "Bad Request",
        404 => "Not Found",
        409 => "Conflict",
        405 => "Method Not Allowed",
        503 => "Service Unavailable",
        _ => "Status",
    };
}
