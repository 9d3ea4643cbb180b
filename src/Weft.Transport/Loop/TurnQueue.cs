namespace Weft.Transport;

/// <summary>Work of one loop in arrival order; a ring that grows and never shrinks. Used by its loop only.</summary>
internal sealed class TurnQueue<T>
    where T : class
{
    private T?[] _items = new T?[64];
    private int _head;

    internal int Count { get; private set; }

    internal void Add(T item)
    {
        if (Count == _items.Length)
        {
            Grow();
        }

        _items[(_head + Count) & (_items.Length - 1)] = item;
        Count++;
    }

    internal T Take()
    {
        T item = _items[_head]!; // the caller looked at Count
        _items[_head] = null;
        _head = (_head + 1) & (_items.Length - 1);
        Count--;
        return item;
    }

    private void Grow()
    {
        var larger = new T?[_items.Length * 2];
        for (int i = 0; i < Count; i++)
        {
            larger[i] = _items[(_head + i) & (_items.Length - 1)];
        }

        _items = larger;
        _head = 0;
    }
}
