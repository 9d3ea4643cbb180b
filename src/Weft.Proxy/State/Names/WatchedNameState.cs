using System.Collections.Immutable;
using System.Net;
using Weft.Proxy.Dns;

namespace Weft.Proxy.State.Names;

/// <summary>What one name of clusters resolved to last, and when to ask for it again. Control loop only; it takes the time and draws as arguments.</summary>
/// <remarks>
/// "Unknown" is not "removed": while no server answers, the last addresses stay. "Gone" is, but only when it has been said for a while
/// (<see cref="NameLimits.GoneAfterMs"/>): addresses that were given back may be somebody else's tomorrow.
/// </remarks>
internal sealed class WatchedNameState(string host)
{
    /// <summary>Of the time that an answer holds: proxies that started together shall not ask together for ever.</summary>
    private const double Jitter = 0.1;

    private long? _goneSinceMs;
    private int _failures;

    public string Host => host;

    public ImmutableArray<IPAddress> Addresses { get; private set; } = [];

    /// <summary>It was asked for, whatever came of it.</summary>
    public bool IsSettled { get; private set; }

    /// <summary>Whether the last answer was of use: for what is said when that changes.</summary>
    public bool IsFailing { get; private set; }

    public void Take(in NameAnswer answer, long nowMs)
    {
        IsSettled = true;
        IsFailing = !answer.IsFound;
        _failures = answer.Status is NameStatus.Unknown ? _failures + 1 : 0;
        if (answer.IsFound)
        {
            _goneSinceMs = null;
            Addresses = answer.Addresses;
        }
        else if (answer.Status is not NameStatus.Unknown)
        {
            _goneSinceMs ??= nowMs;
            Addresses = nowMs - _goneSinceMs >= NameLimits.GoneAfterMs ? [] : Addresses;
        }
    }

    /// <summary>How long until the next question.</summary>
    /// <param name="draw">From 0 to 1.</param>
    public long PauseMs(in NameAnswer answer, long nowMs, double draw)
    {
        if (answer.Status is NameStatus.Unknown)
        {
            long step = Math.Min(NameLimits.RetryMs << Math.Min(_failures - 1, 16), NameLimits.RetryMsMax);
            return (long)(step * (0.5 + (draw / 2)));
        }

        long most = answer.IsFound || Addresses.IsEmpty ? NameLimits.TtlSecondsMax * 1_000L : NameLimits.GoneLookMs;
        long holds = Math.Clamp(answer.ValidUntilMs - nowMs, NameLimits.TtlSecondsMin * 1_000L, most);
        return holds + (long)(holds * Jitter * draw);
    }
}
