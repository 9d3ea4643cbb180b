namespace Weft.Transport;

/// <summary>The loops of one process. Any thread.</summary>
public sealed class LoopGroup : IDisposable
{
    private readonly EventLoop[] _loops;

    private LoopGroup(EventLoop[] loops) => _loops = loops;

    public IReadOnlyList<EventLoop> Loops => _loops;

    /// <summary>Where the next accepted connection goes.</summary>
    public EventLoop LeastLoaded
    {
        get
        {
            EventLoop best = _loops[0];
            for (int i = 1; i < _loops.Length; i++)
            {
                if (_loops[i].ConnectionCount < best.ConnectionCount)
                {
                    best = _loops[i];
                }
            }

            return best;
        }
    }

    public static LoopGroup Start(string name, int count, LoopLimits? limits = null)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var loops = new EventLoop[count];
        for (int i = 0; i < count; i++)
        {
            loops[i] = EventLoop.Start($"{name}-{i}", limits);
        }

        return new LoopGroup(loops);
    }

    public void Dispose()
    {
        foreach (EventLoop loop in _loops)
        {
            loop.Dispose();
        }
    }
}
