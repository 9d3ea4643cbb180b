namespace Weft.Http.Http2;

/// <summary>A bucket of tokens for one kind of event. Used by its connection's loop only.</summary>
internal struct FloodGuard(int burst, int perSecond)
{
    private long _milliTokens = burst * 1000L;
    private long _lastMs;

    /// <summary>Takes one token; false when the peer has used them up.</summary>
    internal bool TryTake(long nowMs)
    {
        long elapsed = _lastMs == 0 ? 0 : nowMs - _lastMs;
        _lastMs = nowMs;
        _milliTokens = Math.Min(_milliTokens + (elapsed * perSecond), burst * 1000L);
        if (_milliTokens < 1000)
        {
            return false;
        }

        _milliTokens -= 1000;
        return true;
    }
}
