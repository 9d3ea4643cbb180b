using Weft.Identity;

namespace Weft.Unit.Identity;

public sealed class RotationScheduleTests
{
    private static readonly DateTimeOffset Start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(0.0, 10.8)]
    [InlineData(0.5, 12.0)]
    [InlineData(1.0, 13.2)]
    public void RenewAt_Day_IsHalfLifeWithinJitter(double random, double hours) =>
        Assert.Equal(Start.AddHours(hours), RotationSchedule.RenewAt(Start, Start.AddHours(24), random), TimeSpan.FromSeconds(1));

    [Theory]
    [InlineData(1, 0.0, 0.5)]
    [InlineData(1, 1.0, 1.0)]
    [InlineData(4, 1.0, 8.0)]
    [InlineData(1_000, 1.0, 120.0)]
    public void RetryAfter_Failures_DoublesUpToTheLimit(int failures, double random, double seconds) =>
        Assert.Equal(seconds, RotationSchedule.RetryAfter(failures, random).TotalSeconds, 3);
}
