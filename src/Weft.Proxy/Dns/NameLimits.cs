namespace Weft.Proxy.Dns;

/// <summary>Limits of name resolution, in the units of their names.</summary>
internal static class NameLimits
{
    /// <summary>A shorter time in an answer counts as this: Envoy's floor, so that a TTL of zero does not become a flood.</summary>
    public const uint TtlSecondsMin = 1;

    /// <summary>A longer one counts as this: a mistake of somebody's zone should not outlive the hour.</summary>
    public const uint TtlSecondsMax = 3_600;

    /// <summary>A "no such name" is remembered so long at most, whatever its SOA says: the name that is about to be made is waited for.</summary>
    public const uint NegativeSecondsMax = 60;

    /// <summary>The first pause after servers did not answer; it doubles.</summary>
    public const long RetryMs = 2_000;

    public const long RetryMsMax = 60_000;

    /// <summary>So long must every answer say that a name is gone before its last addresses are: a zone that is reloaded is empty for moments.</summary>
    public const long GoneAfterMs = 30_000;

    /// <summary>While a name seems to be gone, it is asked for this often.</summary>
    public const long GoneLookMs = 5_000;

    /// <summary>What the other address family gets once the first has answered: some servers never answer questions for AAAA.</summary>
    public const long LateFamilyMs = 1_000;

    /// <summary>How often resolv.conf and hosts are looked at, and how long a name from hosts holds.</summary>
    public const long FilesLookMs = 5_000;

    /// <summary>Answers remembered; then those that have expired are forgotten, or all.</summary>
    public const int CachedMax = 4_096;

    /// <summary>Questions under way; a further one counts as not answered.</summary>
    public const int QuestionsMax = 256;

    /// <summary>Answers to something else that one question bears over UDP; then it is asked over TCP, where nobody can guess along.</summary>
    public const int StrangersMax = 8;
}
