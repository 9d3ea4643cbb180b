using Weft.Transport;

namespace Weft.Proxy.Dns;

/// <summary>A question under way, for everybody who asks it meanwhile. Control loop only.</summary>
internal sealed class NameQuestion(EventLoop loop)
{
    private readonly List<LoopSignal> _waiters = [];
    private bool _isAnswered;
    private NameAnswer _answer = NameAnswer.Unknown;

    public void Settle(in NameAnswer answer)
    {
        _answer = answer;
        _isAnswered = true;
        _waiters.ForEach(static w => w.Set());
        _waiters.Clear();
    }

    public LoopTask<NameAnswer> WaitAsync() => WaitAsync(null);

    /// <summary>Unknown when the time is over.</summary>
    public async LoopTask<NameAnswer> WaitAsync(long? patienceMs)
    {
        if (_isAnswered)
        {
            return _answer;
        }

        var signal = new LoopSignal(loop);
        _waiters.Add(signal);
        var patience = new Patience(signal);
        if (patienceMs is { } most)
        {
            loop.Schedule(patience, most);
        }

        await signal;
        loop.Cancel(patience);
        _waiters.Remove(signal);
        return _answer;
    }

    private sealed class Patience(LoopSignal signal) : LoopTimer
    {
        protected override void OnExpired() => signal.Set();
    }
}
