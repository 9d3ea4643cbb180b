namespace Weft.Policy;

/// <summary>
/// Independent draws out of one random number: the caller draws once per request, and each question (which destination, delay, abort, each
/// mirror) mixes it with its own salt (SplitMix64), so that their answers do not depend on each other.
/// </summary>
public static class Draws
{
    public const uint PpmAlways = 1_000_000;

    internal const uint Destination = 1;
    internal const uint Delay = 2;
    internal const uint Abort = 3;
    internal const uint FirstMirror = 16;

    /// <summary>A number that is independent of what other salts give.</summary>
    public static ulong Mix(ulong random, uint salt)
    {
        ulong z = random + (salt * 0x9E3779B97F4A7C15UL);
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9UL;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EBUL;
        return z ^ (z >> 31);
    }

    /// <summary>Uniform in [0, bound), without the modulo's bias worth speaking of.</summary>
    public static uint Below(ulong random, uint bound) => (uint)Math.BigMul(random, bound, out _);

    internal static bool Hit(ulong random, uint salt, uint ppm) => ppm >= PpmAlways || (ppm > 0 && Below(Mix(random, salt), PpmAlways) < ppm);
}
