using Microsoft.Extensions.Logging;

namespace Weft.ControlPlane.Keys;

/// <summary>Ids 5600-5649. Never reused.</summary>
internal static partial class JwksLog
{
    [LoggerMessage(5600, LogLevel.Information, "Keys of {Source} are new.")]
    internal static partial void Fetched(ILogger logger, string source);

    [LoggerMessage(5601, LogLevel.Warning, "Keys of {Source} cannot be fetched: {Problem}. Fetch the address from this machine to see why; the next try is in {Seconds:0} s.")]
    internal static partial void Failed(ILogger logger, string source, string problem, double seconds);

    [LoggerMessage(5602, LogLevel.Warning, "Keys of {Source} are not kept for the next start: {Problem}")]
    internal static partial void NotKept(ILogger logger, string source, string problem);

    [LoggerMessage(5603, LogLevel.Warning, "More than {Most} sources of keys: those of {Source} are not fetched. Write keys into jwks, or use one issuer for more rules.")]
    internal static partial void TooMany(ILogger logger, int most, string source);
}
