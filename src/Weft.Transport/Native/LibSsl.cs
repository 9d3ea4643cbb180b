using System.Runtime.InteropServices;

namespace Weft.Transport.Native;

/// <summary>libssl 3 by its soname: the library that the distribution patches. Macros of ssl.h are spelled out in <see cref="Tls.SslConstants"/>.</summary>
internal static unsafe partial class LibSsl
{
    private const string Name = "libssl.so.3";

    [LibraryImport(Name)]
    internal static partial nint TLS_method();

    [LibraryImport(Name)]
    internal static partial nint SSL_CTX_new(nint method);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_free(nint context);

    [LibraryImport(Name)]
    internal static partial nint SSL_CTX_ctrl(nint context, int command, nint number, void* pointer);

    [LibraryImport(Name)]
    internal static partial ulong SSL_CTX_set_options(nint context, ulong options);

    [LibraryImport(Name)]
    internal static partial int SSL_CTX_set_num_tickets(nint context, nuint count);

    [LibraryImport(Name)]
    internal static partial int SSL_CTX_set_ciphersuites(nint context, byte* suites);

    [LibraryImport(Name)]
    internal static partial int SSL_CTX_set_cipher_list(nint context, byte* suites);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_set_verify(nint context, int mode, delegate* unmanaged[Cdecl]<int, nint, int> callback);

    [LibraryImport(Name)]
    internal static partial int SSL_CTX_use_certificate(nint context, nint certificate);

    [LibraryImport(Name)]
    internal static partial int SSL_CTX_use_PrivateKey(nint context, nint key);

    [LibraryImport(Name)]
    internal static partial int SSL_CTX_check_private_key(nint context);

    [LibraryImport(Name)]
    internal static partial nint SSL_CTX_get_cert_store(nint context);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_set1_cert_store(nint context, nint store);

    [LibraryImport(Name)]
    internal static partial int SSL_CTX_set_alpn_protos(nint context, byte* protocols, uint length);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_set_alpn_select_cb(
        nint context, delegate* unmanaged[Cdecl]<nint, byte**, byte*, byte*, uint, void*, int> callback, void* argument);

    [LibraryImport(Name)]
    internal static partial int SSL_select_next_proto(byte** chosen, byte* chosenLength, byte* server, uint serverLength, byte* client, uint clientLength);

    [LibraryImport(Name)]
    internal static partial nint SSL_new(nint context);

    [LibraryImport(Name)]
    internal static partial void SSL_free(nint ssl);

    [LibraryImport(Name)]
    internal static partial void SSL_set_bio(nint ssl, nint read, nint write);

    [LibraryImport(Name)]
    internal static partial void SSL_set_accept_state(nint ssl);

    [LibraryImport(Name)]
    internal static partial void SSL_set_connect_state(nint ssl);

    [LibraryImport(Name)]
    internal static partial nint SSL_ctrl(nint ssl, int command, nint number, void* pointer);

    [LibraryImport(Name)]
    internal static partial int SSL_set1_host(nint ssl, byte* name);

    [LibraryImport(Name)]
    internal static partial int SSL_do_handshake(nint ssl);

    [LibraryImport(Name)]
    internal static partial int SSL_read(nint ssl, void* buffer, int count);

    [LibraryImport(Name)]
    internal static partial int SSL_write(nint ssl, void* buffer, int count);

    [LibraryImport(Name)]
    [SuppressGCTransition]
    internal static partial int SSL_pending(nint ssl);

    [LibraryImport(Name)]
    internal static partial int SSL_get_error(nint ssl, int result);

    [LibraryImport(Name)]
    internal static partial int SSL_shutdown(nint ssl);

    [LibraryImport(Name)]
    internal static partial nint SSL_get_verify_result(nint ssl);

    [LibraryImport(Name)]
    internal static partial nint SSL_get1_peer_certificate(nint ssl);

    [LibraryImport(Name)]
    internal static partial nint SSL_get_peer_cert_chain(nint ssl);

    [LibraryImport(Name)]
    internal static partial byte* SSL_get_servername(nint ssl, int type);

    [LibraryImport(Name)]
    internal static partial void SSL_get0_alpn_selected(nint ssl, byte** data, uint* length);

    [LibraryImport(Name)]
    internal static partial byte* SSL_get_version(nint ssl);

    [LibraryImport(Name)]
    internal static partial int SSL_CTX_set_session_id_context(nint context, byte* id, uint length);

    [LibraryImport(Name)]
    internal static partial nint SSL_CTX_set_timeout(nint context, nint seconds);

    [LibraryImport(Name)]
    internal static partial int SSL_CTX_set_tlsext_ticket_key_evp_cb(
        nint context, delegate* unmanaged[Cdecl]<nint, byte*, byte*, nint, nint, int, int> callback);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_sess_set_new_cb(nint context, delegate* unmanaged[Cdecl]<nint, nint, int> callback);

    [LibraryImport(Name)]
    internal static partial int SSL_set_session(nint ssl, nint session);

    [LibraryImport(Name)]
    internal static partial int SSL_session_reused(nint ssl);

    [LibraryImport(Name)]
    internal static partial int SSL_SESSION_is_resumable(nint session);

    [LibraryImport(Name)]
    internal static partial void SSL_SESSION_free(nint session);

    [LibraryImport(Name)]
    internal static partial void SSL_set_shutdown(nint ssl, int mode);

    [LibraryImport(Name)]
    internal static partial nint SSL_get_rbio(nint ssl);

    [LibraryImport(Name)]
    internal static partial int SSL_free_buffers(nint ssl);

    [LibraryImport(Name)]
    internal static partial void SSL_CTX_set_keylog_callback(nint context, delegate* unmanaged[Cdecl]<nint, byte*, void> callback);

    [LibraryImport(Name)]
    internal static partial nint SSL_get_current_cipher(nint ssl);

    [LibraryImport(Name)]
    internal static partial ushort SSL_CIPHER_get_protocol_id(nint cipher);

    [LibraryImport(Name)]
    internal static partial nint SSL_CTX_callback_ctrl(nint context, int command, delegate* unmanaged[Cdecl]<nint, void*, int> callback);
}
