using System.Diagnostics.CodeAnalysis;

namespace Weft.Primitives;

/// <summary>A workload's name: <c>spiffe://trust-domain/ns/namespace/sa/service-account</c> (SPIFFE-ID §2).</summary>
public sealed record SpiffeId
{
    private const string Scheme = "spiffe://";

    /// <summary>SPIFFE-ID §2.3: an id is at most 2048 bytes long.</summary>
    public const int LengthMax = 2048;

    private SpiffeId(string trustDomain, string ns, string serviceAccount)
    {
        TrustDomain = trustDomain;
        Namespace = ns;
        ServiceAccount = serviceAccount;
        Text = $"{Scheme}{trustDomain}/ns/{ns}/sa/{serviceAccount}";
    }

    public string TrustDomain { get; }

    public string Namespace { get; }

    public string ServiceAccount { get; }

    /// <summary>The whole URI.</summary>
    public string Text { get; }

    /// <summary>The form policies use: the URI without its scheme.</summary>
    public string Principal => Text[Scheme.Length..];

    /// <summary>Throws when a part is not a valid SPIFFE path segment: a broken promise of the caller.</summary>
    public static SpiffeId Create(string trustDomain, string ns, string serviceAccount) =>
        IsTrustDomain(trustDomain) && IsSegment(ns) && IsSegment(serviceAccount)
            ? new SpiffeId(trustDomain, ns, serviceAccount)
            : throw new ArgumentException($"'{trustDomain}', '{ns}', '{serviceAccount}' do not make a SPIFFE ID.");

    public static bool TryParse(string? text, [MaybeNullWhen(false)] out SpiffeId id)
    {
        id = null;
        if (text is null || text.Length > LengthMax || !text.StartsWith(Scheme, StringComparison.Ordinal))
        {
            return false;
        }

        string[] parts = text[Scheme.Length..].Split('/');
        if (parts is not [var domain, "ns", var ns, "sa", var account]
            || !IsTrustDomain(domain) || !IsSegment(ns) || !IsSegment(account))
        {
            return false;
        }

        id = new SpiffeId(domain, ns, account);
        return true;
    }

    public override string ToString() => Text;

    private static bool IsTrustDomain(string text) =>
        text.Length is > 0 and <= 255 && text.All(c => c is (>= 'a' and <= 'z') or (>= '0' and <= '9') or '-' or '_' or '.');

    private static bool IsSegment(string text) =>
        text.Length > 0 && text is not ("." or "..")
        && text.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.');
}
