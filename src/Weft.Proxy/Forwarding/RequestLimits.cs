using Weft.Policy.Authorization;
using Weft.Policy.Limits;
using Weft.Primitives;

namespace Weft.Proxy.Forwarding;

/// <summary>Rate limits of the workload itself, asked before anything is done for a request.</summary>
internal static class RequestLimits
{
    private static readonly byte[] Body = "rate-limited: A rate limit is used up.\n"u8.ToArray();

    /// <summary>False: the request has been answered, with the time after which it may come again (RFC 6585 §4).</summary>
    internal static bool Admits(Exchange x, RateLimitTable table, in ConnectionFacts connection)
    {
        RateLimitDecision decision = table.Decide(x.Facts, connection, x.Loop.Now);
        if (decision.Limit is not { } limit)
        {
            return true;
        }

        x.Fault = Fault.RateLimited;
        x.Route = limit.Origin.Display.Text;
        x.Lines.Clear();
        if (x.IsGrpc)
        {
            LocalAnswer.WriteGrpc(x, Fault.RateLimited.Info().Grpc, Body.AsSpan()[..^1]);
            return false;
        }

        x.Lines.Add("retry-after: "u8);
        x.Lines.Number(Math.Max(1, (long)Math.Ceiling(decision.RetryAfter.TotalSeconds)));
        x.Lines.Add("\r\n"u8);
        LocalAnswer.WriteWithLines(x, Fault.RateLimited.Info().HttpStatus, Body, "text/plain"u8);
        return false;
    }
}
