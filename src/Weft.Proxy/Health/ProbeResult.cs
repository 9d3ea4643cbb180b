using Weft.Primitives;

namespace Weft.Proxy.Health;

/// <summary>What an endpoint answered.</summary>
/// <param name="Note">For people: "HTTP 503", "upstream-refused".</param>
internal readonly record struct ProbeResult(bool IsHealthy, string Note)
{
    internal static ProbeResult Of(Fault fault) => new(false, fault.Info().Name);
}
