namespace Weft.Proxy.Forwarding;

/// <summary>What hedged requests need besides their exchange, kept for the next one. One loop's.</summary>
internal sealed class HedgePool
{
    /// <summary>More are left to the collector.</summary>
    private const int KeptMax = 256;

    private readonly Stack<HedgeRace> _races = new();
    private readonly Stack<HedgeTry> _tries = new();

    internal HedgeRace RentRace(ProxyLoop loop) => _races.TryPop(out HedgeRace? free) ? free : new HedgeRace(loop);

    internal HedgeTry RentTry(ProxyLoop loop) => _tries.TryPop(out HedgeTry? free) ? free : new HedgeTry(loop);

    internal void Return(HedgeRace race)
    {
        if (_races.Count < KeptMax)
        {
            _races.Push(race);
        }
    }

    internal void Return(HedgeTry attempt)
    {
        if (_tries.Count < KeptMax)
        {
            _tries.Push(attempt);
        }
    }
}
