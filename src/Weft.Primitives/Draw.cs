namespace Weft.Primitives;

/// <summary>Several independent draws out of one random number, so that whoever decides is given one number and stays a pure function of it.</summary>
public static class Draw
{
    /// <summary>A number that is independent of what other salts give (SplitMix64).</summary>
    public static ulong Mix(ulong random, uint salt)
    {
        ulong z = random + (salt * 0x9E3779B97F4A7C15UL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, bound), without the modulo's bias worth speaking of.</summary>
    public static uint Below(ulong random, uint bound) => (uint)Math.BigMul(random, bound, out _);
}
