using Microsoft.Extensions.Logging;

namespace Weft.ControlPlane.Distribute;

/// <summary>Ids 5500-5549. Never reused.</summary>
internal static partial class DistributeLog
{
    [LoggerMessage(5500, LogLevel.Information, "Discovery and certificates are served on {Address}.")]
    internal static partial void Listening(ILogger logger, string address);

    [LoggerMessage(5501, LogLevel.Debug, "{Workload} connected from {Peer}.")]
    internal static partial void Connected(ILogger logger, string workload, string peer);

    [LoggerMessage(5502, LogLevel.Debug, "{Workload} disconnected.")]
    internal static partial void Disconnected(ILogger logger, string workload);

    [LoggerMessage(5503, LogLevel.Warning, "{Workload} refused a {Type} response: {Error}.")]
    internal static partial void Nacked(ILogger logger, string workload, string type, string error);

    [LoggerMessage(5504, LogLevel.Debug, "Sent {Workload} {Type}: {Resources} resources, {Removed} removed, {Missing} missing.")]
    internal static partial void Sent(ILogger logger, string workload, string type, int resources, int removed, int missing);

    [LoggerMessage(5505, LogLevel.Debug, "Refused a connection from {Peer}: {Reason}.")]
    internal static partial void HandshakeRefused(ILogger logger, string peer, string reason);

    [LoggerMessage(5506, LogLevel.Debug, "Compiled revision {Revision} in {Milliseconds:0.0} ms ({How}).")]
    internal static partial void Compiled(ILogger logger, long revision, double milliseconds, string how);

    [LoggerMessage(5507, LogLevel.Error, "Compiling revision {Revision} failed; the mesh keeps running on the revision before.")]
    internal static partial void CompileFailed(ILogger logger, long revision, Exception error);

    [LoggerMessage(5508, LogLevel.Warning, "The resource log was compacted beyond the revision being watched: listing again.")]
    internal static partial void ListedAgain(ILogger logger);

    [LoggerMessage(5509, LogLevel.Error, "{Type} {Name} could not be compiled for {Workload}, which keeps what it has.")]
    internal static partial void ResourceFailed(ILogger logger, string type, string name, string workload, Exception error);
}
