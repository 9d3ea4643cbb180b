using System.Diagnostics.CodeAnalysis;

namespace Weft.Transport;

/// <summary>Finds the handle of an event. A place is given out again under a new generation, so that a late event of a closed handle meets nobody.</summary>
internal sealed class HandleTable
{
    private readonly Stack<int> _free = new();
    private IoHandle?[] _handles = new IoHandle?[64];
    private uint[] _generations = new uint[64];
    private int _used;

    internal ulong Add(IoHandle handle)
    {
        if (!_free.TryPop(out int slot))
        {
            slot = _used++;
            if (slot == _handles.Length)
            {
                Array.Resize(ref _handles, slot * 2);
                Array.Resize(ref _generations, slot * 2);
            }
        }

        _handles[slot] = handle;
        handle.Slot = slot;
        return ((ulong)_generations[slot] << 32) | (uint)slot;
    }

    internal bool TryGet(ulong key, [MaybeNullWhen(false)] out IoHandle handle)
    {
        int slot = (int)(uint)key;
        handle = _handles[slot];
        return handle is not null && _generations[slot] == (uint)(key >> 32);
    }

    internal void Remove(IoHandle handle)
    {
        if (handle.Slot < 0)
        {
            return;
        }

        _handles[handle.Slot] = null;
        _generations[handle.Slot]++;
        _free.Push(handle.Slot);
        handle.Slot = -1;
    }

    /// <summary>The loop ends: nobody is resumed any more, the descriptors are given back.</summary>
    internal void CloseAll()
    {
        for (int i = 0; i < _used; i++)
        {
            if (_handles[i] is { Fd: >= 0 } handle)
            {
                _ = Native.Libc.close(handle.Fd);
                handle.Fd = -1;
            }

            _handles[i] = null;
        }
    }
}
