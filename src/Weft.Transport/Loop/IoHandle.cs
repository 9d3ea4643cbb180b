namespace Weft.Transport;

/// <summary>Something with a descriptor that a loop watches. Used by that loop only.</summary>
public abstract class IoHandle
{
    private protected IoHandle(EventLoop loop) => Loop = loop;

    public EventLoop Loop { get; }

    internal int Fd { get; set; } = -1;

    /// <summary>Place in the loop's table and generation of that place; -1 while not watched.</summary>
    internal int Slot { get; set; } = -1;

    internal abstract void OnEvents(uint events);
}
