using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Weft.Transport.Native;
using static Weft.Transport.Tls.SslConstants;

namespace Weft.Transport.Tls;

/// <summary>
/// What one client context may resume: a session per server that it has proven itself to. Goes with its context, so that a new identity or
/// trust begins anew. Any loop.
/// </summary>
internal sealed unsafe class TlsSessions
{
    /// <summary>A session keeps the server's certificates, some kilobytes; above this one is forgotten for each that comes.</summary>
    internal const int CountMax = 256;

    private readonly Dictionary<string, nint> _sessions = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private bool _isClosed;

    internal static void Enable(nint context)
    {
        _ = LibSsl.SSL_CTX_ctrl(context, SSL_CTRL_SET_SESS_CACHE_MODE, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL, null);
        LibSsl.SSL_CTX_sess_set_new_cb(context, &OnSession);
    }

    /// <summary>Offers what is known of a server in a handshake that begins.</summary>
    internal void Offer(nint ssl, string server)
    {
        lock (_gate)
        {
            if (_sessions.TryGetValue(server, out nint session))
            {
                _ = LibSsl.SSL_set_session(ssl, session); // takes a reference of its own
            }
        }
    }

    /// <summary>Owner of the session from here on: this cache.</summary>
    internal void Put(string server, nint session)
    {
        lock (_gate)
        {
            if (_isClosed || LibSsl.SSL_SESSION_is_resumable(session) != 1)
            {
                LibSsl.SSL_SESSION_free(session);
                return;
            }

            if (_sessions.Remove(server, out nint old) || (_sessions.Count >= CountMax && TakeAny(out old)))
            {
                LibSsl.SSL_SESSION_free(old);
            }

            _sessions.Add(server, session);
        }
    }

    /// <summary>After a handshake that failed the next one is a full one.</summary>
    internal void Forget(string server)
    {
        lock (_gate)
        {
            if (_sessions.Remove(server, out nint session))
            {
                LibSsl.SSL_SESSION_free(session);
            }
        }
    }

    internal void Close()
    {
        lock (_gate)
        {
            _isClosed = true;
            foreach (nint session in _sessions.Values)
            {
                LibSsl.SSL_SESSION_free(session);
            }

            _sessions.Clear();
        }
    }

    private bool TakeAny(out nint session)
    {
        foreach ((string server, nint any) in _sessions)
        {
            session = any;
            return _sessions.Remove(server);
        }

        session = 0;
        return false;
    }

    /// <summary>A ticket came in the middle of a read: it waits in the loop's scratch until the layer that reads takes it. Returns 1: the reference is ours.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int OnSession(nint ssl, nint session)
    {
        var scratch = (TlsScratch.State*)LibCrypto.BIO_get_data(LibSsl.SSL_get_rbio(ssl));
        if (scratch->Session != 0)
        {
            LibSsl.SSL_SESSION_free(scratch->Session);
        }

        scratch->Session = session;
        return 1;
    }
}
