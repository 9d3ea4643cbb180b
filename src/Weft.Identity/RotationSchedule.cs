namespace Weft.Identity;

/// <summary>When a certificate is renewed: at half its life, spread so that a mesh started at once does not renew at once.</summary>
public static class RotationSchedule
{
    /// <summary>Share of the lifetime by which the renewal is moved at most, to either side.</summary>
    private const double Jitter = 0.05;

    /// <summary>First pause after a failed renewal; it doubles up to <see cref="RetryMax"/>.</summary>
    public static readonly TimeSpan RetryFirst = TimeSpan.FromSeconds(1);

    public static readonly TimeSpan RetryMax = TimeSpan.FromMinutes(2);

    public static DateTimeOffset RenewAt(DateTimeOffset notBefore, DateTimeOffset notAfter, double random)
    {
        TimeSpan life = notAfter - notBefore;
        return notBefore + (life * (0.5 + (((random * 2) - 1) * Jitter)));
    }

    /// <summary>Pause before try number <paramref name="failures"/>, from half of it to all of it.</summary>
    public static TimeSpan RetryAfter(int failures, double random)
    {
        double seconds = Math.Min(RetryFirst.TotalSeconds * Math.Pow(2, Math.Clamp(failures - 1, 0, 30)), RetryMax.TotalSeconds);
        return TimeSpan.FromSeconds(seconds * (0.5 + (random / 2)));
    }
}
