using System.Text;
using Weft.Transport.Native;
using static Weft.Transport.Tls.SslConstants;

namespace Weft.Transport.Tls;

/// <summary>
/// libssl's part in one connection: the handshake, and all records under TLS 1.2. Reads and writes the loop's scratch. Owned by its <see cref="TlsLayer"/>; used by its
/// loop only.
/// </summary>
internal sealed unsafe class TlsLibrary : IDisposable
{
    private const string Version13 = "TLSv1.3";

    private readonly TlsScratch.State* _scratch;
    private readonly TlsContext _context;
    private readonly bool _isServer;

    /// <summary>Client: by which name its session is kept; null: it is not.</summary>
    private string? _sessionName;
    private nint _ssl;

    /// <summary>Null: the records stay libssl's.</summary>
    private TlsSecrets* _secrets;

    /// <summary>A client that wants its session kept waits for the ticket, which nobody else can read.</summary>
    private bool _hasToldAll;

    private TlsLibrary(TlsContext context, TlsScratch.State* scratch, bool isServer)
    {
        _context = context;
        _scratch = scratch;
        _isServer = isServer;
        _secrets = TlsSecrets.Create(isServer);
        _ssl = LibSsl.SSL_new(context.Handle);
        nint bio = TlsBio.Create(_scratch);
        LibSsl.SSL_set_bio(_ssl, bio, bio);
    }

    internal string? Error { get; private set; }

    /// <summary>It has plain text that nobody took yet.</summary>
    internal bool HasPending => LibSsl.SSL_pending(_ssl) > 0;

    internal static TlsLibrary Server(TlsContext context, TlsScratch.State* scratch)
    {
        var library = new TlsLibrary(context, scratch, isServer: true);
        LibSsl.SSL_set_accept_state(library._ssl);
        return library;
    }

    internal static TlsLibrary Client(TlsContext context, TlsScratch.State* scratch, in TlsServerNames names)
    {
        var library = new TlsLibrary(context, scratch, isServer: false);
        LibSsl.SSL_set_connect_state(library._ssl);
        if (names.Asked is not null)
        {
            fixed (byte* name = Encoding.ASCII.GetBytes(names.Asked + '\0'))
            {
                _ = LibSsl.SSL_ctrl(library._ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_HOST_NAME, name);
            }
        }

        if (names.Verified is not null && context.PeerNames.Count == 0)
        {
            fixed (byte* name = Encoding.ASCII.GetBytes(names.Verified + '\0'))
            {
                _ = LibSsl.SSL_set1_host(library._ssl, name);
            }
        }

        if (names.Session is not null && context.Sessions is { } sessions)
        {
            library._sessionName = names.Session;
            sessions.Offer(library._ssl, names.Session);
        }

        return library;
    }

    /// <summary>One step of it, with what stands in the scratch.</summary>
    internal TlsProgress Handshake(out TlsPeer? peer)
    {
        peer = null;
        BeginCall();
        int result = LibSsl.SSL_do_handshake(_ssl);
        if (result == 1)
        {
            Error = Check(out peer);
        }
        else if (LibSsl.SSL_get_error(_ssl, result) == SSL_ERROR_WANT_READ)
        {
            return TlsProgress.Nothing;
        }
        else
        {
            Error = TlsErrors.Take("handshake failed");
        }

        KeepSession();
        if (Error is not null)
        {
            ForgetSession();
            return TlsProgress.Failed;
        }

        if (peer?.Version != Version13)
        {
            TlsSecrets.Free(_secrets);
            _secrets = null;
        }

        _hasToldAll = _isServer || _sessionName is null;
        // What came along with the peer's last flight is kept for the next read, so that every read has news of its own.
        return TlsProgress.Established;
    }

    /// <summary>Opens records of the scratch into the block, as far as it has room.</summary>
    /// <param name="isEnded">The peer's close_notify was read, maybe behind its last data.</param>
    internal TlsProgress Open(Block input, out bool isEnded)
    {
        isEnded = false;
        bool any = false;
        do
        {
            if (input.Free == 0)
            {
                break;
            }

            BeginCall();
            int count = LibSsl.SSL_read(_ssl, input.Start + input.Tail, input.Free);
            if (count > 0)
            {
                input.Tail += count;
                any = true;
                continue;
            }

            KeepSession();
            switch (LibSsl.SSL_get_error(_ssl, count))
            {
                case SSL_ERROR_WANT_READ:
                    return any ? TlsProgress.Data : TlsProgress.Nothing;
                case SSL_ERROR_ZERO_RETURN:
                    isEnded = true;
                    return any ? TlsProgress.Data : TlsProgress.CloseNotify;
                default:
                    Error = TlsErrors.Take("record not opened");
                    ForgetSession();
                    return TlsProgress.Failed;
            }
        }
        while (_scratch->InLength > 0 || HasPending);
        KeepSession();
        return any ? TlsProgress.Data : TlsProgress.Nothing;
    }

    internal int Seal(ReadOnlySpan<byte> plain)
    {
        BeginCall();
        fixed (byte* start = plain)
        {
            int count = LibSsl.SSL_write(_ssl, start, plain.Length);
            if (count <= 0)
            {
                Error = TlsErrors.Take("record not sealed");
            }

            return count;
        }
    }

    internal void SealCloseNotify()
    {
        BeginCall();
        _ = LibSsl.SSL_shutdown(_ssl);
    }

    /// <summary>The records from here on, to go without libssl; null while it is needed, or stands in the middle of one.</summary>
    internal TlsRecords? TryRelease() => _hasToldAll && _secrets is not null && !HasPending ? TlsRecords.TryTakeOver(_ssl, _secrets, _isServer) : null;

    public void Dispose()
    {
        TlsSecrets.Free(_secrets);
        _secrets = null;
        if (_ssl != 0)
        {
            // Else libssl takes a connection that we just drop for an attack, and its session may not be resumed.
            LibSsl.SSL_set_shutdown(_ssl, SSL_SENT_SHUTDOWN);
            LibSsl.SSL_free(_ssl);
            _ssl = 0;
        }
    }

    private void BeginCall()
    {
        LibCrypto.ERR_clear_error();
        _scratch->Secrets = _secrets;
    }

    /// <summary>What libssl does not check. Null: it holds.</summary>
    private string? Check(out TlsPeer? peer)
    {
        peer = null;
        if (_context.RootSha256 is { } pin && TlsPin.Check(_ssl, pin) is { } reason)
        {
            return reason;
        }

        peer = TlsPeerReader.Read(_ssl, _isServer, _context.RootSha256 is not null, _context.ReadsKeyHash);
        if (peer.IsResumed && !TlsPeerReader.IsCurrent(_ssl))
        {
            return "the session is of a certificate that has expired";
        }

        return _context.PeerNames.Count > 0 && !TlsNames.CoverAny(peer.Names, _context.PeerNames)
            ? $"the server's certificate carries none of {string.Join(", ", _context.PeerNames)} but {string.Join(", ", peer.Names)}"
            : null;
    }

    /// <summary>A ticket that came is kept where it can be found by name.</summary>
    private void KeepSession()
    {
        nint session = _scratch->Session;
        _scratch->Session = 0;
        if (session == 0)
        {
            return;
        }

        if (_sessionName is not null)
        {
            _context.Sessions?.Put(_sessionName, session);
        }
        else
        {
            LibSsl.SSL_SESSION_free(session);
        }

        _ = LibSsl.SSL_free_buffers(_ssl); // a ticket leaves a write buffer behind, which would stay until the next write
        _hasToldAll = true;
    }

    private void ForgetSession()
    {
        if (_sessionName is not null)
        {
            _context.Sessions?.Forget(_sessionName);
        }
    }
}
