using Microsoft.Extensions.Logging;
using Weft.Resources;

namespace Weft.ControlPlane.Registry;

/// <summary>Ids 5200-5249. Never reused.</summary>
internal static partial class RegistryLog
{
    [LoggerMessage(5200, LogLevel.Information, "{Workload} is {State} ({Result}).")]
    internal static partial void Written(ILogger logger, string workload, string state, WriteStatus result);

    [LoggerMessage(5201, LogLevel.Warning, "The status of {Workload} was not written: {Attempts} writers were faster.")]
    internal static partial void GaveUp(ILogger logger, string workload, int attempts);
}
