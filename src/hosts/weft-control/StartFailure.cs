using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Weft.Stores.Sqlite;

namespace Weft.Hosts.Control;

/// <summary>Why the control plane could not start, in words that end with the cure.</summary>
internal static class StartFailure
{
    /// <summary>Null for what nobody foresaw: that is a bug and keeps its stack.</summary>
    public static string? Explain(Exception e, ControlOptions options) => e switch
    {
        StoreUnusableException => e.Message,
        IOException { InnerException: AddressInUseException } => $"{InUse(e, options)} is in use by another program: stop that one, or choose another address with --api or --discovery.",
        AddressInUseException or SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } =>
            $"{InUse(e, options)} is in use by another program: stop that one, or choose another address with --api or --discovery.",
        IOException { InnerException: SocketException { SocketErrorCode: SocketError.AccessDenied } } or SocketException { SocketErrorCode: SocketError.AccessDenied } =>
            $"this user may not listen on {options.Api} or {options.Discovery}: choose ports above 1023 with --api and --discovery.",
        SocketException { SocketErrorCode: SocketError.AddressNotAvailable } or IOException { InnerException: SocketException { SocketErrorCode: SocketError.AddressNotAvailable } } =>
            $"this machine has not the address of {options.Api} or {options.Discovery}: choose one of its own with --api and --discovery.",
        UnauthorizedAccessException => $"{e.Message} Give this user the home directory, or choose another with --home.",
        IOException io when io.Message.Contains("No space left", StringComparison.Ordinal) => $"the disk is full ({io.Message}): free some space, or choose another --home.",
        IOException or InvalidDataException => e.Message,
        _ => null,
    };

    private static string InUse(Exception e, ControlOptions options) =>
        e.ToString().Contains(options.Discovery.ToString(), StringComparison.Ordinal) ? options.Discovery.ToString() : options.Api.ToString();
}
