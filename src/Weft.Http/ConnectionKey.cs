using Weft.Primitives;
using Weft.Transport;

namespace Weft.Http;

/// <summary>What connections may be shared by: the address, and under TLS our own identity and the one expected there.</summary>
/// <param name="Own">Null: plain text. Contexts are swapped whole on rotation, so a new identity gets new connections.</param>
/// <param name="Owner">Whose the connections are alone, because it limits or shapes them; null: anybody's.</param>
public readonly record struct ConnectionKey(SocketTarget Target, TlsContext? Own, SpiffeId? Expected, string? ServerName, object? Owner = null);
