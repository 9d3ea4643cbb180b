using Weft.Http;
using Weft.Http.Http1;
using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>Serves one HTTP/1.1 connection: request after request, answers in order, until either side is done. On the loop.</summary>
internal static class Http1Session
{
    /// <remarks>(1) head (2) 100-continue (3) decide and forward (4) count (5) next, or last</remarks>
    internal static async LoopTask RunAsync(ProxyLoop loop, LoopConnection connection, ConnectionInfo info, IHttpEntry entry)
    {
        PathLimits limits = loop.Parts.Limits;
        connection.InputBytesMax = limits.Http1.HeadBytesMax;
        connection.SetWriteStall((long)limits.BodyStall.TotalMilliseconds);
        var client = new Http1Server(connection, limits.Http1, info.IsHttps);
        var x = new Exchange(loop);
        x.Attach(client, info);
        while (!connection.IsClosed)
        {
            client.NextRequest();
            HeadProgress progress = client.TryReadHead();                                       // (1)
            if (progress is HeadProgress.NeedMore)
            {
                bool begun = client.HasBegun;
                connection.SetReadDeadline((long)(begun ? limits.HeadTime : limits.ClientIdle).TotalMilliseconds);
                IoStatus status = await connection.ReadAsync();
                if (status == IoStatus.Ok)
                {
                    continue;
                }

                EndIdle(x, entry, status, begun);
                break;
            }

            connection.SetReadDeadline(0);
            x.Begin();
            if (progress is HeadProgress.Refused)
            {
                LocalAnswer.Refuse(x, client.Error);
            }
            else
            {
                AcceptExpectation(client);                                                      // (2)
                await entry.HandleAsync(x);                                                     // (3)
            }

            x.Record(entry);                                                                    // (4)
            if (x.ClosesClient)                                                                 // (5)
            {
                break;
            }

            await connection.FlushAsync();
        }

        if (!x.IsTunnelled)
        {
            await CloseAsync(connection);
        }
    }

    /// <summary>RFC 9110 §10.1.1. We read the body in any case, so the client need not wait for the upstream to say so.</summary>
    internal static void AcceptExpectation(HttpServerStream client)
    {
        if (client.Request.ExpectsContinue)
        {
            client.Request.Fields.Drop(KnownHeader.Expect);
            client.WriteInterim(new OutgoingResponse { Status = 100 });
        }
    }

    private static void EndIdle(Exchange x, IHttpEntry entry, IoStatus status, bool begun)
    {
        if (!begun)
        {
            return; // between requests everybody may go
        }

        x.Begin();
        if (status == IoStatus.TimedOut)
        {
            LocalAnswer.Fail(x, Fault.ClientTimedOut);
        }
        else if (status == IoStatus.Full)
        {
            LocalAnswer.Refuse(x, Http1Error.HeadTooLarge);
        }
        else
        {
            x.Fault = Fault.ClientClosed;
        }

        x.Record(entry);
    }

    private static async LoopTask CloseAsync(LoopConnection connection)
    {
        if (connection.IsClosed)
        {
            return;
        }

        connection.Finish();
        await connection.DrainAsync();
        connection.SetReadDeadline(HttpSession.LingerMs);
        while (await connection.ReadAsync() == IoStatus.Ok)
        {
            connection.Consume(connection.Input.Length);
        }

        connection.Close();
    }
}
