using Weft.Primitives;

namespace Weft.Policy;

/// <summary>
/// What is drawn out of a request's one random number. Each question (which destination, delay, abort, each mirror) has its own salt, so that
/// their answers do not depend on each other.
/// </summary>
internal static class Draws
{
    public const uint PpmAlways = 1_000_000;

    public const uint Destination = 1;
    public const uint Delay = 2;
    public const uint Abort = 3;
    public const uint FirstMirror = 16;

    public static bool Hit(ulong random, uint salt, uint ppm) => ppm >= PpmAlways || (ppm > 0 && Draw.Below(Draw.Mix(random, salt), PpmAlways) < ppm);
}
