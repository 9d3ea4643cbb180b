using Weft.Wire.Dns;

namespace Weft.Proxy.Dns;

/// <summary>Answers and definite "no"s until they expire. Control loop only.</summary>
internal sealed class DnsCache
{
    private readonly Dictionary<DnsKey, NameAnswer> _answers = [];

    public bool TryGet(DnsKey key, long nowMs, out NameAnswer answer) => _answers.TryGetValue(key, out answer) && answer.ValidUntilMs > nowMs;

    /// <summary>Remembers a definite reply for as long as it says, within the limits.</summary>
    public NameAnswer Keep(DnsKey key, DnsReply reply, long nowMs)
    {
        NameStatus status = reply.Code is DnsCode.NameError ? NameStatus.NoName : reply.Addresses.IsEmpty ? NameStatus.NoAddress : NameStatus.Found;
        uint most = status is NameStatus.Found ? NameLimits.TtlSecondsMax : NameLimits.NegativeSecondsMax;
        var answer = new NameAnswer(status, reply.Addresses, nowMs + (Math.Clamp(reply.TtlSeconds, NameLimits.TtlSecondsMin, most) * 1_000L));
        if (_answers.Count >= NameLimits.CachedMax)
        {
            MakeRoom(nowMs);
        }

        _answers[key] = answer;
        return answer;
    }

    private void MakeRoom(long nowMs)
    {
        foreach ((DnsKey key, NameAnswer answer) in _answers)
        {
            if (answer.ValidUntilMs <= nowMs)
            {
                _answers.Remove(key);
            }
        }

        if (_answers.Count >= NameLimits.CachedMax)
        {
            _answers.Clear();
        }
    }
}

/// <summary>What a question is about.</summary>
/// <param name="Name">Lower case, without a dot at its end.</param>
/// <param name="Type">One of <see cref="DnsType"/>.</param>
internal readonly record struct DnsKey(string Name, ushort Type);
