using Microsoft.Extensions.Logging;

namespace Weft.ControlPlane.Api;

/// <summary>Ids 5300-5399. Never reused.</summary>
internal static partial class ApiLog
{
    [LoggerMessage(5301, LogLevel.Debug, "Deleted {Resource}, whose owner is gone.")]
    internal static partial void OwnedDeleted(ILogger logger, string resource);

    [LoggerMessage(5302, LogLevel.Information, "{User} ({Agent}) {Method} {Path}: {Status}.")]
    internal static partial void Written(ILogger logger, string user, string agent, string method, string path, int status);

    [LoggerMessage(5303, LogLevel.Warning, "Refused {Remote}: {Reason}.")]
    internal static partial void AccessRefused(ILogger logger, string remote, string reason);

    [LoggerMessage(5304, LogLevel.Error, "{Method} {Path} failed; this is a bug of the control plane.")]
    internal static partial void Failed(ILogger logger, Exception exception, string method, string path);

    [LoggerMessage(5305, LogLevel.Critical, "The built-in namespaces could not be written: {Status}.")]
    internal static partial void SeedFailed(ILogger logger, string status);
}
