namespace Weft.Proxy.Draining;

/// <summary>Of whom the proxy takes leave.</summary>
public enum DrainScope
{
    None,

    /// <summary>Of those who call the application: it is about to stop, while its own calls work until it has exited.</summary>
    Inbound,

    /// <summary>Of everybody: another process of this proxy takes the next connections.</summary>
    All,
}

/// <summary>Whether the proxy takes leave: answers then carry "connection: close", so that clients go elsewhere with their next request. Any thread.</summary>
public sealed class DrainState
{
    private volatile DrainScope _scope;

    public bool IsInboundDraining => _scope != DrainScope.None;

    public DrainScope Scope => _scope;

    public bool Covers(bool isInbound) => _scope == DrainScope.All || (isInbound && _scope == DrainScope.Inbound);

    /// <summary>Never narrows: who took leave of everybody does not come back.</summary>
    public void Begin(DrainScope scope) => _scope = (DrainScope)Math.Max((int)_scope, (int)scope);
}
