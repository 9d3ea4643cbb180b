using Weft.Conformance.GatewayApi.Kit;

namespace Weft.Conformance.Live.Kit;

/// <summary>What all rows share: the authority, the applications, addresses of the loopback, who signs tokens.</summary>
public sealed class LiveWorld : IAsyncDisposable
{
    public LiveWorld() => Backends = new LiveBackends(Authority);

    internal LiveAuthority Authority { get; } = new();

    internal LiveTokens Tokens { get; } = new();

    internal LiveBackends Backends { get; }

    internal LoopbackAddresses Addresses { get; } = new();

    public ValueTask DisposeAsync() => Backends.DisposeAsync();
}
