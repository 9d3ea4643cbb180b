using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using Weft.Transport.Native;
using static Weft.Transport.Tls.SslConstants;

namespace Weft.Transport.Tls;

/// <summary>
/// Session tickets of this process as a server: the keys are its own and short-lived, and outlive contexts, so that a rotated certificate
/// does not cost every client a full handshake. Any loop.
/// </summary>
internal static unsafe class TlsTickets
{
    /// <summary>A session is resumed no longer than this after its full handshake.</summary>
    internal const int SessionSeconds = 3_600;

    /// <summary>Keys make tickets for so long and open them for as long again: whoever steals one reads few sessions.</summary>
    internal static readonly TimeSpan KeyLife = TimeSpan.FromHours(2);

    private static readonly Lock Gate = new();
    private static readonly byte* DigestName = Text("digest\0"u8);
    private static readonly byte* DigestValue = Text("SHA256\0"u8);
    private static readonly byte* KeyName = Text("key\0"u8);
    private static volatile Pair? s_keys;

    internal static void Enable(nint context, TlsContextOptions options, IEnumerable<string> ownNames)
    {
        byte[] id = ContextId(options, ownNames);
        fixed (byte* start = id)
        {
            _ = LibSsl.SSL_CTX_set_session_id_context(context, start, (uint)id.Length);
        }

        _ = LibSsl.SSL_CTX_set_timeout(context, SessionSeconds);
        _ = LibSsl.SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &Choose);
        _ = LibSsl.SSL_CTX_set_num_tickets(context, 1); // one connection per peer is the rule: a second ticket would only cost
    }

    /// <summary>Forgets all keys: every session that was made before ends with a full handshake.</summary>
    internal static void Forget() => s_keys = null;

    /// <summary>A session proves what its full handshake proved. It may stand in only for one that would have asked the same of the same client.</summary>
    private static byte[] ContextId(TlsContextOptions options, IEnumerable<string> ownNames)
    {
        var text = new StringBuilder();
        text.AppendJoin(' ', ownNames).Append('\n').Append(options.TrustPem).Append('\n').Append(options.CrlPem).Append('\n').Append(options.ClientCertificate).Append(options.AcceptUnverified)
            .Append(options.VersionMin).Append(options.VersionMax).AppendJoin(':', options.Suites12);
        return SHA256.HashData(Encoding.UTF8.GetBytes(text.ToString()));
    }

    /// <summary>Called by libssl to seal a ticket (with the newest key) or to open one (with the key that it names).</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Choose(nint ssl, byte* name, byte* iv, nint cipher, nint mac, int seals)
    {
        const int Failed = -1, Unknown = 0, Sealed = 1, OpenedAndRenew = 2;
        Pair keys = Current();
        if (seals != 0)
        {
            new ReadOnlySpan<byte>(keys.Newest->Name, Key.NameBytes).CopyTo(new Span<byte>(name, Key.NameBytes));
            return LibCrypto.RAND_bytes(iv, Key.IvBytes) == 1 && LibCrypto.EVP_EncryptInit_ex(cipher, LibCrypto.EVP_aes_256_cbc(), 0, keys.Newest->Aes, iv) == 1
                && SetMac(mac, keys.Newest) ? Sealed : Failed;
        }

        var asked = new ReadOnlySpan<byte>(name, Key.NameBytes);
        Key* key = asked.SequenceEqual(new ReadOnlySpan<byte>(keys.Newest->Name, Key.NameBytes)) ? keys.Newest
            : keys.Older != null && asked.SequenceEqual(new ReadOnlySpan<byte>(keys.Older->Name, Key.NameBytes)) ? keys.Older : null;
        if (key == null)
        {
            return Unknown;
        }

        // A client uses a ticket once (RFC 8446 C.4), so it always gets the next one.
        return LibCrypto.EVP_DecryptInit_ex(cipher, LibCrypto.EVP_aes_256_cbc(), 0, key->Aes, iv) == 1 && SetMac(mac, key) ? OpenedAndRenew : Failed;
    }

    private static bool SetMac(nint mac, Key* key)
    {
        nuint unmodified = nuint.MaxValue;
        LibCrypto.OsslParameter* parameters = stackalloc LibCrypto.OsslParameter[3];
        parameters[0] = new LibCrypto.OsslParameter { Key = DigestName, Type = OSSL_PARAM_UTF8_STRING, Data = DigestValue, Length = 6, ReturnLength = unmodified };
        parameters[1] = new LibCrypto.OsslParameter { Key = KeyName, Type = OSSL_PARAM_OCTET_STRING, Data = key->Hmac, Length = Key.HmacBytes, ReturnLength = unmodified };
        parameters[2] = default;
        return LibCrypto.EVP_MAC_CTX_set_params(mac, parameters) == 1;
    }

    private static Pair Current()
    {
        Pair? keys = s_keys;
        if (keys is not null && Stopwatch.GetElapsedTime(keys.MadeTicks) < KeyLife)
        {
            return keys;
        }

        lock (Gate)
        {
            keys = s_keys;
            if (keys is not null && Stopwatch.GetElapsedTime(keys.MadeTicks) < KeyLife)
            {
                return keys;
            }

            // After a pause longer than two lives the older key would be too old as well.
            bool keepsOlder = keys is not null && Stopwatch.GetElapsedTime(keys.MadeTicks) < 2 * KeyLife;
            return s_keys = new Pair(Key.Make(), keepsOlder ? keys!.Newest : null, Stopwatch.GetTimestamp());
        }
    }

    private static byte* Text(ReadOnlySpan<byte> text)
    {
        byte* copy = (byte*)NativeMemory.Alloc((nuint)text.Length);
        text.CopyTo(new Span<byte>(copy, text.Length));
        return copy;
    }

    /// <summary>Immutable; a rotation makes a new pair. The keys' memory stays: a loop may be using one, and there are twelve a day.</summary>
    private sealed class Pair(Key* newest, Key* older, long madeTicks)
    {
        internal Key* Newest => newest;

        internal Key* Older => older;

        internal long MadeTicks => madeTicks;
    }

    private struct Key
    {
        internal const int NameBytes = 16;
        internal const int IvBytes = 16;
        internal const int AesBytes = 32;
        internal const int HmacBytes = 32;

        internal fixed byte Name[NameBytes];
        internal fixed byte Aes[AesBytes];
        internal fixed byte Hmac[HmacBytes];

        internal static Key* Make()
        {
            var key = (Key*)NativeMemory.Alloc((nuint)sizeof(Key));
            RandomNumberGenerator.Fill(new Span<byte>(key, sizeof(Key)));
            return key;
        }
    }
}
