using System.Buffers.Text;
using System.Security.Cryptography;

namespace Weft.Dashboard;

/// <summary>
/// One-time login links and the sessions they open. Secrets are 256 random bits, kept as hashes and in memory only: a
/// restart of the control plane signs everybody out. Thread-safe.
/// </summary>
public sealed class PageSessions(TimeProvider time)
{
    /// <summary>Links not used yet; a new one replaces the oldest.</summary>
    private const int LinksMax = 64;

    /// <summary>Browsers signed in at once; a new one replaces the oldest.</summary>
    private const int SessionsMax = 256;

    private const int SecretBytes = 32;

    internal static readonly TimeSpan LinkLifetime = TimeSpan.FromMinutes(10);
    internal static readonly TimeSpan SessionLifetime = TimeSpan.FromHours(12);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, DateTimeOffset> _links = new(StringComparer.Ordinal);
    private readonly Dictionary<string, DateTimeOffset> _sessions = new(StringComparer.Ordinal);

    /// <summary>The text of a link's <c>login</c> parameter.</summary>
    public string NewLink() => Add(_links, LinksMax, LinkLifetime);

    /// <summary>Uses a link up; the answer is the cookie's value.</summary>
    internal bool TryRedeem(string login, out string session)
    {
        session = "";
        lock (_gate)
        {
            if (!_links.Remove(Hash(login), out DateTimeOffset expires) || expires <= time.GetUtcNow())
            {
                return false;
            }
        }

        session = Add(_sessions, SessionsMax, SessionLifetime);
        return true;
    }

    internal bool IsOpen(string session)
    {
        if (session.Length is 0 or > 64)
        {
            return false;
        }

        // Looked up by hash: how long the look-up takes tells nothing about the secret.
        lock (_gate)
        {
            return _sessions.TryGetValue(Hash(session), out DateTimeOffset expires) && expires > time.GetUtcNow();
        }
    }

    private string Add(Dictionary<string, DateTimeOffset> to, int max, TimeSpan lifetime)
    {
        string secret = Base64Url.EncodeToString(RandomNumberGenerator.GetBytes(SecretBytes));
        lock (_gate)
        {
            if (to.Count >= max)
            {
                to.Remove(to.MinBy(e => e.Value).Key);
            }

            to[Hash(secret)] = time.GetUtcNow() + lifetime;
        }

        return secret;
    }

    private static string Hash(string secret) => Convert.ToHexStringLower(SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(secret)));
}
