namespace Weft.Transport;

/// <summary>When the kernel asks a silent peer whether it is there; 0 leaves the system's own value.</summary>
/// <param name="Probes">Unanswered ones before the connection is given up.</param>
/// <param name="Time">Of silence before the first.</param>
/// <param name="Interval">Between them.</param>
public readonly record struct SocketKeepAlive(int Probes, TimeSpan Time, TimeSpan Interval);
