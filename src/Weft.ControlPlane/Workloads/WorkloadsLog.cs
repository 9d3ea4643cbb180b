using Microsoft.Extensions.Logging;

namespace Weft.ControlPlane.Workloads;

/// <summary>Ids 5300-5349. Never reused.</summary>
internal static partial class WorkloadsLog
{
    [LoggerMessage(5300, LogLevel.Information, "Created pod {Namespace}/{Pod} of Deployment {Deployment}.")]
    internal static partial void Created(ILogger logger, string @namespace, string pod, string deployment);

    [LoggerMessage(5301, LogLevel.Information, "Deleted pod {Namespace}/{Pod}.")]
    internal static partial void Deleted(ILogger logger, string @namespace, string pod);

    [LoggerMessage(5302, LogLevel.Warning, "Deployment {Namespace}/{Deployment} asks for {Asked} replicas; {Max} are run, the most of one Deployment.")]
    internal static partial void TooMany(ILogger logger, string @namespace, string deployment, int asked, int max);

    [LoggerMessage(5303, LogLevel.Warning, "Pod {Namespace}/{Pod} was refused: {Reason}.")]
    internal static partial void Refused(ILogger logger, string @namespace, string pod, string reason);

    [LoggerMessage(5304, LogLevel.Debug, "Wrote the status of {Resource}: {Result}.")]
    internal static partial void StatusWritten(ILogger logger, string resource, string result);
}
