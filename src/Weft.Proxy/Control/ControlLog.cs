using Weft.Telemetry.Logging;

namespace Weft.Proxy.Control;

/// <summary>Ids 3000-3099. Never reused.</summary>
internal static class ControlLog
{
    public static readonly LogEvent Connected = new(3000, LogLevel.Info, "control.connected");
    public static readonly LogEvent Lost = new(3001, LogLevel.Warning, "control.lost");
    public static readonly LogEvent Unreachable = new(3002, LogLevel.Warning, "control.unreachable");
    public static readonly LogEvent ConfigRefused = new(3003, LogLevel.Warning, "config.refused");
    public static readonly LogEvent ConfigPartly = new(3004, LogLevel.Warning, "config.partly");
    public static readonly LogEvent StateNotSaved = new(3005, LogLevel.Warning, "state.not-saved");
    public static readonly LogEvent Restored = new(3006, LogLevel.Info, "state.restored");
    public static readonly LogEvent IdentityIssued = new(3007, LogLevel.Info, "identity.issued");
    public static readonly LogEvent IdentityFailed = new(3008, LogLevel.Warning, "identity.failed");
    public static readonly LogEvent IdentityExpired = new(3009, LogLevel.Error, "identity.expired");
    public static readonly LogEvent Received = new(3010, LogLevel.Debug, "config.received");
}
