using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Weft.Transport.Native;
using static Weft.Transport.Tls.SslConstants;

namespace Weft.Transport.Tls;

/// <summary>An OCSP response that is shown with our certificate to clients who ask for one (RFC 6066 §8), as it was given to us.</summary>
internal static unsafe class TlsStaple
{
    /// <summary>The copy stays as long as the process: a connection in its handshake may read it, and staples are few.</summary>
    internal static void Enable(nint context, ReadOnlySpan<byte> response)
    {
        var staple = (Staple*)NativeMemory.Alloc((nuint)(sizeof(Staple) + response.Length));
        staple->Length = response.Length;
        response.CopyTo(new Span<byte>(staple + 1, response.Length));
        _ = LibSsl.SSL_CTX_callback_ctrl(context, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB, &Show);
        _ = LibSsl.SSL_CTX_ctrl(context, SSL_CTRL_SET_TLSEXT_STATUS_REQ_CB_ARG, 0, staple);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Show(nint ssl, void* argument)
    {
        var staple = (Staple*)argument;
        void* copy = LibCrypto.CRYPTO_malloc((nuint)staple->Length, null, 0); // libssl frees it with the connection
        if (copy == null)
        {
            return SSL_TLSEXT_ERR_NOACK;
        }

        Buffer.MemoryCopy(staple + 1, copy, staple->Length, staple->Length);
        _ = LibSsl.SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_STATUS_REQ_OCSP_RESP, staple->Length, copy);
        return SSL_TLSEXT_ERR_OK;
    }

    /// <summary>Followed by the response.</summary>
    private struct Staple
    {
        internal int Length;
    }
}
