using Weft.Bench.Contenders;

namespace Weft.Bench.Scenarios;

/// <summary>One question put to several programs under the same load.</summary>
/// <param name="Rates">Requests per second of each series; 0 is saturated.</param>
internal sealed record Scenario(string Name, string Describes, IReadOnlyList<Contender> Contenders)
{
    public int Connections { get; init; } = 64;

    public IReadOnlyList<int> Rates { get; init; } = [0];

    public int ResponseBytes { get; init; } = 300;

    public int RequestBytes { get; init; }

    public LoadKind Load { get; init; } = LoadKind.Http;

    public Speech Speech { get; init; }

    /// <summary>How long each backend works on a request, in microseconds; one backend each.</summary>
    public IReadOnlyList<int> OriginDelays { get; init; } = [0];

    /// <summary>Then the client opens another connection; 0: never.</summary>
    public int RequestsPerConnection { get; init; }

    /// <summary>Pieces of work in this process instead of programs under load.</summary>
    public bool IsMicro { get; init; }

    /// <summary>Not 0: what so many services cost a proxy that knows, or uses, them all.</summary>
    public int Services { get; init; }
}

internal enum LoadKind
{
    /// <summary>Requests on connections that stay open.</summary>
    Http,

    /// <summary>A full TLS handshake for every request: what is counted are handshakes.</summary>
    Handshakes,

    /// <summary>Connections under mutual TLS that say nothing after their first request: what is counted is memory.</summary>
    Idle,
}
