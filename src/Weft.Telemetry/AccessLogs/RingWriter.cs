using Weft.Telemetry.Buffers;

namespace Weft.Telemetry.AccessLogs;

/// <summary>The one thread that writes what loops put into their rings to a file or standard output: loops never wait for a disk.</summary>
public sealed class RingWriter : IDisposable
{
    /// <summary>The thread only copies bytes; the default of 8 MiB would be address space, and its touched pages memory.</summary>
    private const int StackBytes = 128 << 10;

    /// <summary>Lines leave in writes of at most this many bytes.</summary>
    private const int BatchBytes = 16 << 10;

    private readonly ByteRing[] _rings;
    private readonly Stream _output;
    private readonly AutoResetEvent _wake = new(initialState: false);
    private readonly Thread _thread;
    private int _asleep;
    private volatile bool _stopping;
    private long _failedLines;

    public RingWriter(ByteRing[] rings, Stream output)
    {
        _rings = rings;
        _output = output;
        _thread = new Thread(Run, StackBytes) { Name = "log-writer", IsBackground = true };
        _thread.Start();
    }

    /// <summary>Lines that could not be written, a full disk for one.</summary>
    public long FailedLines => Volatile.Read(ref _failedLines);

    /// <summary>Any thread, after a ring got a record: one exchange while the writer works, one futex when it slept.</summary>
    public void Wake()
    {
        // The ring's store must be seen before we look whether the writer sleeps, or both could miss each other.
        Interlocked.MemoryBarrier();
        if (Volatile.Read(ref _asleep) == 1 && Interlocked.Exchange(ref _asleep, 0) == 1)
        {
            _wake.Set();
        }
    }

    /// <summary>Writes what is in the rings and ends.</summary>
    public void Dispose()
    {
        _stopping = true;
        _wake.Set();
        _thread.Join();
        _wake.Dispose();
    }

    private void Run()
    {
        byte[] batch = new byte[BatchBytes];
        while (true)
        {
            bool moved = false;
            foreach (ByteRing ring in _rings)
            {
                moved |= Drain(ring, batch);
            }

            if (moved)
            {
                continue;
            }

            if (_stopping)
            {
                return;
            }

            // Say that we sleep, then look once more: a record written in between would else wait for the next one.
            Interlocked.Exchange(ref _asleep, 1);
            if (Array.TrueForAll(_rings, r => r.IsEmpty) && !_stopping)
            {
                _wake.WaitOne();
            }

            Interlocked.Exchange(ref _asleep, 0);
        }
    }

    private bool Drain(ByteRing ring, byte[] batch)
    {
        int used = 0;
        int lines = 0;
        while (ring.TryPeek(out ReadOnlyMemory<byte> record))
        {
            if (used + record.Length > batch.Length)
            {
                Flush(batch.AsSpan(0, used), lines);
                used = 0;
                lines = 0;
            }

            if (record.Length > batch.Length)
            {
                Flush(record.Span, 1);
            }
            else
            {
                record.Span.CopyTo(batch.AsSpan(used));
                used += record.Length;
                lines++;
            }

            ring.Release(record.Length);
        }

        if (used == 0)
        {
            return false;
        }

        Flush(batch.AsSpan(0, used), lines);
        return true;
    }

    private void Flush(ReadOnlySpan<byte> bytes, int lines)
    {
        try
        {
            _output.Write(bytes);
            _output.Flush();
        }
        catch (IOException)
        {
            Volatile.Write(ref _failedLines, _failedLines + lines);
        }
    }
}
