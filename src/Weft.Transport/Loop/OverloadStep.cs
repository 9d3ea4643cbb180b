namespace Weft.Transport;

/// <summary>The steps of the overload ladder, each on top of those before it. Where a loop stands it reads before it takes on more.</summary>
public enum OverloadStep : byte
{
    None,

    /// <summary>Nothing is kept for later: idle upstream connections are closed, free memory goes back to the system.</summary>
    Conserve,

    /// <summary>Clients are asked to go: HTTP/1 connections close with their answer, idle ones at once; HTTP/2 connections get few new streams.</summary>
    CloseConnections,

    /// <summary>New requests are answered 503, with the time to come again.</summary>
    RefuseRequests,

    /// <summary>New connections wait a moment in the kernel's queue, then are reset.</summary>
    StopAccepting,
}
