using Weft.Primitives;

namespace Weft.Policy.Limits;

/// <summary>How many requests a second, and how many at once after silence.</summary>
public sealed record RateLimitModel
{
    public RateLimitModel(double perSecond, int burst)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perSecond);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(burst);
        PerSecond = perSecond;
        Burst = burst;
        TicksPerRequest = Math.Max(1, (long)(TimeSpan.TicksPerSecond / perSecond));
    }

    public double PerSecond { get; }

    public int Burst { get; }

    internal long TicksPerRequest { get; }
}

/// <summary>
/// A token bucket in one number (the generic cell rate algorithm, ITU-T I.371): the time at which the bucket would be full again. Shared by
/// all loops; one compare-and-swap per request and no timer.
/// </summary>
public sealed class RateLimitState(RateLimitModel model)
{
    private readonly PaddedCounter _fullAt = new();

    public RateLimitModel Model { get; } = model;

    /// <summary>Nobody would notice if it were forgotten.</summary>
    public bool IsFull(TimeSpan now) => _fullAt.Value <= now.Ticks;

    /// <summary>Takes one token. Without one, <paramref name="retryAfter"/> says when there will be.</summary>
    public bool TryTake(TimeSpan now, out TimeSpan retryAfter)
    {
        long burst = Model.Burst * Model.TicksPerRequest;
        while (true)
        {
            long seen = _fullAt.Value;
            long next = Math.Max(seen, now.Ticks) + Model.TicksPerRequest;
            if (next - now.Ticks > burst)
            {
                retryAfter = TimeSpan.FromTicks(next - now.Ticks - burst);
                return false;
            }

            if (_fullAt.TrySet(seen, next))
            {
                retryAfter = TimeSpan.Zero;
                return true;
            }
        }
    }
}
