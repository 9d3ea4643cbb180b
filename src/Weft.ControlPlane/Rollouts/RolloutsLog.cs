using Microsoft.Extensions.Logging;

namespace Weft.ControlPlane.Rollouts;

internal static partial class RolloutsLog
{
    [LoggerMessage(5400, LogLevel.Information, "Rollout {Namespace}/{Rollout} is {Phase} at {Weight} %: {Message}")]
    internal static partial void Stepped(ILogger logger, string @namespace, string rollout, string phase, int weight, string message);
}
