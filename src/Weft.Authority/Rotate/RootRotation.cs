using Weft.Authority.Keep;

namespace Weft.Authority.Rotate;

/// <summary>
/// Decides what the list of roots becomes as time passes: announce, sign, retire, drop. Pure. No connection fails,
/// because a root is trusted everywhere before it signs and stays trusted until nothing it signed is left.
/// </summary>
internal static class RootRotation
{
    /// <returns>The same list when nothing is due.</returns>
    public static IReadOnlyList<SigningRoot> Advance(
        IReadOnlyList<SigningRoot> roots, DateTimeOffset now, AuthorityOptions options, Func<SigningRoot> announce)
    {
        List<SigningRoot> next = [.. roots];
        bool changed = next.RemoveAll(r => r.Phase == RootPhase.Retiring && r.Since + options.SvidLifetime + options.Backdate < now) > 0;

        int announced = next.FindIndex(r => r.Phase == RootPhase.Announced);
        int signing = next.FindIndex(r => r.Phase == RootPhase.Signing);
        if (announced >= 0 && next[announced].Since + options.AnnounceFor <= now)
        {
            next[announced] = next[announced] with { Phase = RootPhase.Signing, Since = now };
            next[signing] = next[signing] with { Phase = RootPhase.Retiring, Since = now };
            changed = true;
        }
        else if (announced < 0 && next[signing].Root.NotAfter.ToUniversalTime() - options.RotateBefore <= now.UtcDateTime)
        {
            next.Add(announce());
            changed = true;
        }

        return changed ? next : roots;
    }
}
