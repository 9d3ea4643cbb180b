using Weft.Http;
using Weft.Http.Http1;
using Weft.Primitives;
using Weft.Transport;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>Serves one HTTP/1.1 connection: request after request, answers in order, until either side is done. On the loop.</summary>
internal static class Http1Session
{
    /// <remarks>(1) until there is a request the connection holds nothing (2) head (3) 100-continue (4) decide and forward (5) count (6) next, or last</remarks>
    internal static async LoopTask RunAsync(ProxyLoop loop, LoopConnection connection, ConnectionInfo info, IHttpEntry entry)
    {
        PathLimits limits = loop.Parts.Limits;
        connection.InputBytesMax = limits.Http1.HeadBytesMax;
        connection.SetWriteStall((long)limits.BodyStall.TotalMilliseconds);
        Http1Exchange? served = null;
        bool isTunnelled = false;
        while (!connection.IsClosed)
        {
            if (served is null && connection.Input.IsEmpty)                                     // (1)
            {
                connection.SetReadDeadline((long)limits.ClientIdle.TotalMilliseconds);
                connection.IsResting = true;
                IoStatus rested = await connection.ReadAsync();
                connection.IsResting = false;
                if (rested != IoStatus.Ok)
                {
                    break; // between requests everybody may go
                }
            }

            served ??= Begin(loop, connection, info);
            HeadProgress progress = served.Client.TryReadHead();                                // (2)
            if (progress is HeadProgress.NeedMore)
            {
                IoStatus status = await connection.ReadAsync();
                if (status == IoStatus.Ok)
                {
                    continue;
                }

                FailHead(served.Exchange, entry, status);
                break;
            }

            connection.SetReadDeadline(0);
            Exchange x = served.Exchange;
            x.Begin();
            if (progress is HeadProgress.Refused)
            {
                LocalAnswer.Refuse(x, served.Client.Error);
            }
            else if (loop.Loop.Overload >= OverloadStep.RefuseRequests)
            {
                LocalAnswer.Shed(x);
            }
            else
            {
                AcceptExpectation(served.Client);                                               // (3)
                await entry.HandleAsync(x);                                                     // (4)
            }

            x.Record(entry);                                                                    // (5)
            isTunnelled = x.IsTunnelled;
            if (x.ClosesClient)                                                                 // (6)
            {
                break;
            }

            loop.Return(served);
            served = null;
            await connection.FlushAsync();
        }

        if (served is not null)
        {
            loop.Return(served);
        }

        if (!isTunnelled)
        {
            await CloseAsync(connection);
        }
    }

    /// <summary>From the head's first byte to its last there is one deadline, however the bytes trickle.</summary>
    private static Http1Exchange Begin(ProxyLoop loop, LoopConnection connection, ConnectionInfo info)
    {
        Http1Exchange served = loop.RentHttp1();
        served.Client.Attach(connection, info.IsHttps);
        served.Exchange.Attach(served.Client, info);
        connection.SetReadDeadline((long)loop.Parts.Limits.HeadTime.TotalMilliseconds);
        return served;
    }

    /// <summary>RFC 9110 §10.1.1. We read the body in any case, so the client need not wait for the upstream to say so.</summary>
    internal static void AcceptExpectation(HttpServerStream client)
    {
        if (client.Request.ExpectsContinue)
        {
            client.WriteInterim(new OutgoingResponse { Status = 100 });
        }
    }

    private static void FailHead(Exchange x, IHttpEntry entry, IoStatus status)
    {
        x.Begin();
        if (status == IoStatus.TimedOut)
        {
            LocalAnswer.Fail(x, Fault.ClientTimedOut);
        }
        else if (status == IoStatus.NoMemory)
        {
            LocalAnswer.Fail(x, Fault.Overloaded);
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

/// <summary>What one request on a connection of its own needs, pooled by its loop: an idle connection holds none.</summary>
internal sealed class Http1Exchange(ProxyLoop loop)
{
    internal Exchange Exchange { get; } = new(loop);

    internal Http1Server Client { get; } = new(loop.Parts.Limits.Http1);
}
