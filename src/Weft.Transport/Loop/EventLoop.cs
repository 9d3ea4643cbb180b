using System.Collections.Concurrent;
using System.Diagnostics;
using System.Runtime.InteropServices;
using Weft.Transport.Native;

namespace Weft.Transport;

/// <summary>
/// One thread, one epoll, and everything its connections own: memory, timers, the queue of code to resume. Only the
/// dispatcher in <see cref="Run"/> resumes code, so a chain of completions can never overflow the stack.
/// </summary>
/// <remarks>
/// Descriptors are registered once, edge-triggered for both directions: the warm path makes no epoll_ctl call, and a
/// peer whose data nobody wants to read yet does not wake the loop again and again, as a level-triggered one would.
/// All members belong to the loop's thread, except those that say otherwise.
/// </remarks>
public sealed class EventLoop : IDisposable
{
    private const int EventsPerTurnMax = 256;

    // struct epoll_event is packed on x86-64 only (sys/epoll.h).
    private static readonly int EventStride = RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 12 : 16;
    private static readonly int EventDataOffset = EventStride - sizeof(ulong);

    [ThreadStatic]
    private static EventLoop? t_current;

    private readonly int _epoll;
    private readonly unsafe byte* _events;
    private readonly LoopWake _wake;
    private readonly HandleTable _handles = new();
    private readonly Stack<Supervised> _supervisedFree = new();
    private readonly TurnQueue<Action> _ready = new();
    private readonly TurnQueue<Action> _deferred = new();
    private readonly TurnQueue<LoopConnection> _dirty = new();
    private readonly ConcurrentQueue<Action> _posted = new();
    private readonly TimerWheel _timers;
    private readonly Thread _thread;
    private Action? _last;
    private int _resumedThisTurn;
    private long _turn;
    private long _endedTurn;
    private volatile OverloadStep _overload;
    private int _connectionCount;
    private volatile bool _stopping;

    private unsafe EventLoop(string name, LoopLimits limits)
    {
        Name = name;
        Limits = limits;
        Blocks = new BlockPool(limits.BlockBytesMax);
        _epoll = Libc.epoll_create1(Flags.EPOLL_CLOEXEC);
        if (_epoll < 0)
        {
            throw new IOException($"No event queue for loop {name}: {Errno.Describe(Errno.Last)}; raise the limit of open files (ulimit -n).");
        }

        _events = (byte*)NativeMemory.AllocZeroed((nuint)(EventsPerTurnMax * EventStride));
        NowMs = ToClock(Stopwatch.GetTimestamp());
        _timers = new TimerWheel(NowMs);
        _wake = new LoopWake(this);
        Watch(_wake);
        _thread = new Thread(Run) { Name = name, IsBackground = true };
    }

    /// <summary>The loop whose thread this is, if any. Any thread.</summary>
    public static EventLoop? Current => t_current;

    public string Name { get; }

    public LoopLimits Limits { get; }

    /// <summary>The loop's clock: monotonic milliseconds, read once per turn.</summary>
    public long NowMs { get; private set; }

    /// <summary>The same moment in <see cref="Stopwatch"/> ticks, for durations.</summary>
    public long NowTicks { get; private set; }

    /// <summary>Open connections; read by any thread to find the least-loaded loop.</summary>
    public int ConnectionCount => Volatile.Read(ref _connectionCount);

    /// <summary>Called on the loop for each turn over the limit.</summary>
    public Action<SlowTurn>? SlowTurn { get; set; }

    /// <summary>Called on the loop when a connection closes that is <see cref="LoopConnection.IsUpstream"/>.</summary>
    public Action UpstreamClosed { get; set; } = static () => { };

    /// <summary>Called on the loop when its code broke a promise (an exception); the loop goes on.</summary>
    public Action<string, Exception>? Failed { get; set; }

    /// <summary>How far this loop's proxy is from having no room left. Set by whoever watches that, read before more is taken on. Any thread.</summary>
    public OverloadStep Overload
    {
        get => _overload;
        set => _overload = value;
    }

    /// <summary>Bytes of the loop's memory in use, and bytes that the system gave it. Any thread; a moment old.</summary>
    public (long Used, long Held) Memory => (Blocks.UsedBytes, Blocks.HeldBytes);

    internal BlockPool Blocks { get; }

    internal DescriptorReserve Reserve { get; } = new();

    internal TlsScratch Scratch { get; } = new();

    internal long Turn => Volatile.Read(ref _turn);

    /// <summary>The last turn that came to its end; the loop waits while it is <see cref="Turn"/>. Any thread.</summary>
    internal long EndedTurn => Volatile.Read(ref _endedTurn);

    internal int HandshakeStepsThisTurn { get; set; }

    /// <summary>Any thread, for a start of a search.</summary>
    internal string LastResumed => _last?.Target?.GetType().ToString() ?? "nothing";

    public static EventLoop Start(string name, LoopLimits? limits = null)
    {
        var loop = new EventLoop(name, limits ?? new LoopLimits());
        loop._thread.Start();
        return loop;
    }

    /// <summary>Runs <paramref name="work"/> on the loop, in a later turn. Any thread.</summary>
    public void Post(Action work)
    {
        _posted.Enqueue(work);
        _wake.Signal();
    }

    /// <summary>Runs an async method on the loop and hands its result to a thread outside. Any thread but the loop's.</summary>
    public Task<T> InvokeAsync<T>(Func<LoopTask<T>> method)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        Post(() => Supervise(CompleteAsync(method, done), "invoke"));
        return done.Task;
    }

    /// <summary>Lets a method run on its own; an exception out of it is reported under <paramref name="name"/>.</summary>
    public void Supervise(LoopTask task, string name)
    {
        LoopTask.Awaiter awaiter = task.GetAwaiter();
        if (awaiter.IsCompleted)
        {
            Settle(awaiter, name);
            return;
        }

        Supervised watch = _supervisedFree.TryPop(out Supervised? free) ? free : new Supervised(this);
        watch.Watch(awaiter, name);
    }

    /// <summary>Gives the pages of free memory back to the system, over several turns when it is much. Any thread.</summary>
    public void ReleaseFreeMemory() => Post(() =>
    {
        if (!Blocks.TryReleaseFree())
        {
            ReleaseFreeMemory();
        }
    });

    public void Schedule(LoopTimer timer, long afterMs) => _timers.Schedule(timer, NowMs + afterMs);

    public void Cancel(LoopTimer timer) => _timers.Cancel(timer);

    /// <summary>Goes on after <paramref name="milliseconds"/>, rounded up to the wheel's tick.</summary>
    public LoopDelay DelayAsync(long milliseconds) => new(this, milliseconds);

    /// <summary>Goes on in the next turn, after everybody else had theirs.</summary>
    public LoopYield YieldAsync() => new(this);

    /// <summary>Stops after the current turn and closes everything. Any thread.</summary>
    public void Dispose()
    {
        if (_stopping)
        {
            return;
        }

        _stopping = true;
        _wake.Signal();
        if (t_current != this && _thread.IsAlive)
        {
            _thread.Join();
        }
    }

    /// <summary>Queues code whose wait is over. The dispatcher runs it in this turn. On the loop.</summary>
    public void Resume(Action continuation) => _ready.Add(continuation);

    internal void Defer(Action continuation) => _deferred.Add(continuation);

    internal void MarkDirty(LoopConnection connection) => _dirty.Add(connection);

    internal void Opened() => Volatile.Write(ref _connectionCount, _connectionCount + 1);

    internal void Closed(bool isUpstream)
    {
        Volatile.Write(ref _connectionCount, _connectionCount - 1);
        if (isUpstream)
        {
            UpstreamClosed();
        }
    }

    /// <summary>Registers both directions for good. False: the process has no room for it.</summary>
    internal unsafe bool Watch(IoHandle handle, uint events = Flags.EPOLLIN | Flags.EPOLLOUT | Flags.EPOLLRDHUP | Flags.EPOLLET)
    {
        ulong key = _handles.Add(handle);
        byte* ev = stackalloc byte[16];
        *(uint*)ev = events;
        *(ulong*)(ev + EventDataOffset) = key;
        if (Libc.epoll_ctl(_epoll, Flags.EPOLL_CTL_ADD, handle.Fd, ev) == 0)
        {
            return true;
        }

        _handles.Remove(handle);
        return false;
    }

    /// <summary>Forgets the handle; closing its descriptor takes it out of epoll.</summary>
    internal void Unwatch(IoHandle handle) => _handles.Remove(handle);

    /// <summary>The same for a socket that another process holds too: closing ours would leave it in epoll, and its events would wake us for ever (epoll(7), Q6).</summary>
    internal unsafe void UnwatchShared(IoHandle handle)
    {
        byte* unused = stackalloc byte[16];
        _ = Libc.epoll_ctl(_epoll, Flags.EPOLL_CTL_DEL, handle.Fd, unused);
        _handles.Remove(handle);
    }

    private static async LoopTask CompleteAsync<T>(Func<LoopTask<T>> method, TaskCompletionSource<T> done)
    {
        try
        {
            done.SetResult(await method());
        }
        catch (Exception e) // the supervisor's place: the exception belongs to the thread that asked
        {
            done.SetException(e);
        }
    }

    private void Settle(LoopTask.Awaiter awaiter, string name)
    {
        try
        {
            awaiter.GetResult();
        }
        catch (Exception e) // the supervisor's place
        {
            Failed?.Invoke(name, e);
        }
    }

    /// <summary>One method that runs on its own; pooled, since every request on a shared connection is one.</summary>
    private sealed class Supervised
    {
        private readonly EventLoop _loop;
        private readonly Action _settle;
        private LoopTask.Awaiter _awaiter;
        private string _name = string.Empty;

        internal Supervised(EventLoop loop)
        {
            _loop = loop;
            _settle = Settle;
        }

        internal void Watch(LoopTask.Awaiter awaiter, string name)
        {
            _awaiter = awaiter;
            _name = name;
            awaiter.UnsafeOnCompleted(_settle);
        }

        private void Settle()
        {
            LoopTask.Awaiter awaiter = _awaiter;
            _awaiter = default;
            _loop._supervisedFree.Push(this);
            _loop.Settle(awaiter, _name);
        }
    }

    private unsafe void Run()
    {
        t_current = this;
        while (!_stopping)
        {
            try
            {
                RunTurn();
            }
            catch (Exception e) // the supervisor's place: one broken promise must not end every connection of the loop
            {
                Failed?.Invoke(LastResumed, e);
            }
        }

        _handles.CloseAll();
        Reserve.Release();
        _ = Libc.close(_epoll);
        NativeMemory.Free(_events);
        Blocks.Dispose();
        Scratch.Dispose();
        t_current = null;
    }

    /// <remarks>(1) wait (2) resume what others left (3) each event, and what it woke (4) timers (5) one send per connection</remarks>
    private unsafe void RunTurn()
    {
        Volatile.Write(ref _endedTurn, _turn);
        int timeout = _ready.Count + _deferred.Count + _dirty.Count > 0 ? 0 : ToWait(_timers.UntilNext(NowMs));
        int count = Libc.epoll_wait(_epoll, _events, EventsPerTurnMax, timeout);                   // (1)
        BeginTurn();
        for (int i = _deferred.Count; i > 0; i--)                                                   // (2)
        {
            _ready.Add(_deferred.Take());
        }

        ResumeReady();
        for (int i = 0; i < count; i++)                                                             // (3)
        {
            byte* ev = _events + (i * EventStride);
            if (_handles.TryGet(*(ulong*)(ev + EventDataOffset), out IoHandle? handle))
            {
                handle.OnEvents(*(uint*)ev);
                ResumeReady();
            }
        }

        _timers.Advance(NowMs);                                                                     // (4)
        ResumeReady();
        while (_dirty.Count > 0)                                                                    // (5)
        {
            _dirty.Take().FlushTurn();
            // A send that failed or made room may have woken somebody; what they write still leaves in this turn.
            ResumeReady();
        }

        EndTurn(count);
    }

    private long ToClock(long ticks) => ticks * Limits.ClockSpeed / (Stopwatch.Frequency / 1000);

    private int ToWait(int clockMs) => clockMs <= 0 ? clockMs : (clockMs + Limits.ClockSpeed - 1) / Limits.ClockSpeed;

    private void BeginTurn()
    {
        NowTicks = Stopwatch.GetTimestamp();
        NowMs = ToClock(NowTicks);
        Volatile.Write(ref _turn, _turn + 1);
        HandshakeStepsThisTurn = 0;
        _resumedThisTurn = 0;
    }

    private void EndTurn(int events)
    {
        TimeSpan took = Stopwatch.GetElapsedTime(NowTicks);
        if (took > Limits.TurnMax && SlowTurn is { } report)
        {
            report(new SlowTurn(Name, took, events, _resumedThisTurn, LastResumed));
        }
    }

    private void ResumeReady()
    {
        while (_ready.Count > 0)
        {
            Action next = _ready.Take();
            _resumedThisTurn++;
            _last = next;
            next();
        }
    }

    internal void TakePosted()
    {
        // Bounded by what is there now, so that a busy poster cannot hold the loop.
        for (int i = _posted.Count; i > 0 && _posted.TryDequeue(out Action? work); i--)
        {
            _ready.Add(work);
        }

        if (!_posted.IsEmpty)
        {
            _wake.Signal();
        }
    }
}
