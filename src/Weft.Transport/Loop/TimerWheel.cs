using System.Numerics;

namespace Weft.Transport;

/// <summary>A hashed wheel of deadlines: scheduling and cancelling cost a few stores, whatever the number of timers. Pure but for its owner's clock.</summary>
internal sealed class TimerWheel
{
    /// <summary>The precision of every timeout of the data path; a finer one would only wake idle loops more often.</summary>
    internal const int TickMs = 16;

    private const int Slots = 512;
    private const int Forever = -1;

    private readonly LoopTimer?[] _slots = new LoopTimer?[Slots];
    private readonly ulong[] _occupied = new ulong[Slots / 64];
    private long _tick;

    internal TimerWheel(long nowMs) => _tick = nowMs / TickMs;

    internal int Count { get; private set; }

    internal void Schedule(LoopTimer timer, long dueMs)
    {
        if (timer.IsScheduled)
        {
            Cancel(timer);
        }

        // Rounded up, and never into the slot that is being walked: a timer may be late by a tick, never early.
        long tick = Math.Max((dueMs + TickMs - 1) / TickMs, _tick + 1);
        int slot = (int)(tick % Slots);
        timer.DueMs = tick * TickMs;
        timer.IsScheduled = true;
        timer.Previous = null;
        timer.Following = _slots[slot];
        if (timer.Following is { } following)
        {
            following.Previous = timer;
        }

        _slots[slot] = timer;
        _occupied[slot >> 6] |= 1UL << (slot & 63);
        Count++;
    }

    internal void Cancel(LoopTimer timer)
    {
        if (!timer.IsScheduled)
        {
            return;
        }

        int slot = (int)(timer.DueMs / TickMs % Slots);
        if (timer.Previous is { } previous)
        {
            previous.Following = timer.Following;
        }
        else
        {
            _slots[slot] = timer.Following;
            if (timer.Following is null)
            {
                _occupied[slot >> 6] &= ~(1UL << (slot & 63));
            }
        }

        if (timer.Following is { } following)
        {
            following.Previous = timer.Previous;
        }

        timer.Previous = null;
        timer.Following = null;
        timer.IsScheduled = false;
        Count--;
    }

    /// <summary>Runs what is due. A timer may be scheduled again from its own expiry.</summary>
    internal void Advance(long nowMs)
    {
        long target = nowMs / TickMs;
        if (Count == 0)
        {
            _tick = Math.Max(_tick, target);
            return;
        }

        // After a long sleep one round visits every slot: more rounds would find nothing new.
        long last = Math.Min(target, _tick + Slots);
        while (_tick < last)
        {
            _tick++;
            RunSlot((int)(_tick % Slots), target);
        }

        _tick = target;
    }

    /// <summary>Milliseconds until something may be due, or -1 when nothing waits.</summary>
    internal int UntilNext(long nowMs)
    {
        if (Count == 0)
        {
            return Forever;
        }

        long due = (_tick + DistanceToOccupied()) * TickMs;
        return (int)Math.Clamp(due - nowMs, 0, Slots * TickMs);
    }

    private void RunSlot(int slot, long target)
    {
        // An expiry may cancel or schedule others, so the search starts over each time; a slot is short.
        while (NextDue(_slots[slot], target) is { } timer)
        {
            Cancel(timer);
            timer.OnExpired();
        }
    }

    private static LoopTimer? NextDue(LoopTimer? timer, long target)
    {
        while (timer is not null && timer.DueMs / TickMs > target)
        {
            timer = timer.Following;
        }

        return timer;
    }

    private int DistanceToOccupied()
    {
        int start = (int)((_tick + 1) % Slots);
        for (int i = 0; i <= _occupied.Length; i++)
        {
            int word = ((start >> 6) + i) % _occupied.Length;
            ulong bits = _occupied[word];
            if (i == 0)
            {
                bits &= ulong.MaxValue << (start & 63);
            }

            if (bits != 0)
            {
                int slot = (word << 6) + BitOperations.TrailingZeroCount(bits);
                int distance = (slot - start + Slots) % Slots;
                return distance + 1;
            }
        }

        return Slots;
    }
}
