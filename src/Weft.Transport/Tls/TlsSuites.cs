using System.Text;
using Weft.Transport.Native;
using static Weft.Transport.Tls.SslConstants;

namespace Weft.Transport.Tls;

/// <summary>The closed lists of suites and groups: what is not here is never spoken.</summary>
public static unsafe class TlsSuites
{
    /// <summary>TLS 1.2 without a choice of the user: forward secrecy and authenticated encryption only.</summary>
    public static readonly IReadOnlyList<string> Default =
    [
        "ECDHE-ECDSA-AES128-GCM-SHA256", "ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-ECDSA-AES256-GCM-SHA384", "ECDHE-RSA-AES256-GCM-SHA384",
        "ECDHE-ECDSA-CHACHA20-POLY1305", "ECDHE-RSA-CHACHA20-POLY1305",
    ];

    /// <summary>What a user may ask for besides, for clients that are old: weaker, not broken.</summary>
    private static readonly string[] OnDemand =
    [
        "ECDHE-ECDSA-AES128-SHA", "ECDHE-RSA-AES128-SHA", "ECDHE-ECDSA-AES256-SHA", "ECDHE-RSA-AES256-SHA",
        "AES128-GCM-SHA256", "AES256-GCM-SHA384", "AES128-SHA", "AES256-SHA",
    ];

    // AES-128-GCM first: with AES instructions it is the cheapest, and its strength is that of the P-256 certificates.
    private static ReadOnlySpan<byte> Suites13 => "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256\0"u8;

    // The hybrid group keeps recorded traffic from being read by a later quantum computer; libssl has it from 3.5 on. A star sends a key share.
    private static ReadOnlySpan<byte> HybridGroups => "*X25519MLKEM768:*X25519:P-256:P-384\0"u8;

    private static ReadOnlySpan<byte> ClassicGroups => "X25519:P-256:P-384\0"u8;

    /// <summary>Key agreement that a user may choose, by OpenSSL's names.</summary>
    private static readonly string[] KnownGroups = ["X25519MLKEM768", "X25519", "P-256", "P-384", "P-521"];

    public static bool IsKnownGroup(string group) => KnownGroups.Contains(group);

    public static bool IsKnown(string suite) => Default.Contains(suite) || OnDemand.Contains(suite);

    /// <summary>Throws <see cref="InvalidDataException"/> when none of the suites asked for is known.</summary>
    internal static void Apply(nint context, TlsContextOptions options)
    {
        string[] wanted = options.Suites12.Count == 0 ? [.. Default] : [.. options.Suites12.Where(IsKnown).Distinct()];
        if (wanted.Length == 0)
        {
            throw new InvalidDataException($"None of the cipher suites {string.Join(", ", options.Suites12)} is supported; use {string.Join(", ", Default)}.");
        }

        fixed (byte* suites12 = Encoding.ASCII.GetBytes(string.Join(':', wanted) + '\0'))
        fixed (byte* suites13 = Suites13)
        {
            _ = LibSsl.SSL_CTX_set_cipher_list(context, suites12);
            _ = LibSsl.SSL_CTX_set_ciphersuites(context, suites13);
        }

        SetGroups(context, options.Groups);
    }

    /// <summary>One that this libssl does not have yet is left out; when nothing is left, the choice cannot be kept.</summary>
    private static void SetGroups(nint context, IReadOnlyList<string> chosen)
    {
        if (chosen.Count > 0)
        {
            string[] known = [.. chosen.Where(IsKnownGroup).Distinct()];
            if (!TrySetGroups(context, known) && !TrySetGroups(context, [.. known.Where(g => g != KnownGroups[0])]))
            {
                throw new InvalidDataException($"None of the curves {string.Join(", ", chosen)} is supported; use {string.Join(", ", KnownGroups)}.");
            }

            return;
        }

        fixed (byte* hybrid = HybridGroups)
        fixed (byte* classic = ClassicGroups)
        {
            if (LibSsl.SSL_CTX_ctrl(context, SSL_CTRL_SET_GROUPS_LIST, 0, hybrid) != 1)
            {
                LibCrypto.ERR_clear_error(); // an older libssl
                _ = LibSsl.SSL_CTX_ctrl(context, SSL_CTRL_SET_GROUPS_LIST, 0, classic);
            }
        }
    }

    private static bool TrySetGroups(nint context, string[] groups)
    {
        fixed (byte* list = Encoding.ASCII.GetBytes(string.Join(':', groups) + '\0'))
        {
            bool isSet = groups.Length > 0 && LibSsl.SSL_CTX_ctrl(context, SSL_CTRL_SET_GROUPS_LIST, 0, list) == 1;
            if (!isSet)
            {
                LibCrypto.ERR_clear_error(); // said by our own exception
            }

            return isSet;
        }
    }
}
