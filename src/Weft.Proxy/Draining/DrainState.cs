namespace Weft.Proxy.Draining;

/// <summary>Whether the proxy takes leave: answers then carry "connection: close", so that clients go elsewhere with their next request. Any thread.</summary>
public sealed class DrainState
{
    private volatile bool _inbound;

    public bool IsInboundDraining => _inbound;

    /// <summary>The app is about to stop; outbound works until it exits.</summary>
    public void BeginInbound() => _inbound = true;
}
