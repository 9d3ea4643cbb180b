using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Weft.Transport.Native;
using Weft.Transport.Tls;
using static Weft.Transport.Tls.SslConstants;

namespace Weft.Transport;

/// <summary>
/// One identity with its trust, as libssl holds it. Immutable: rotation makes a new one and swaps it; connections keep the
/// one they began with. Any thread may start connections from it.
/// </summary>
public sealed unsafe class TlsContext : IDisposable
{
    private readonly TlsContextOptions _options;
    private AlpnChoice* _alpn;
    private nint _context;

    private TlsContext(TlsContextOptions options, bool isServer)
    {
        _options = options;
        IsServer = isServer;
        _context = LibSsl.SSL_CTX_new(LibSsl.TLS_method());
        try
        {
            SetProtocol();
            SetIdentity();
            SetTrust();
            SetAlpn();
            SetSessions();
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    ~TlsContext() => Free();

    public bool IsServer { get; }

    /// <summary>The DNS names and URIs of our own certificate.</summary>
    public IReadOnlyList<string> Names { get; private set; } = [];

    internal nint Handle => _context;

    /// <summary>Client: what may be resumed; null on first contact, where nothing is proven yet.</summary>
    internal TlsSessions? Sessions { get; private set; }

    internal string? RootSha256 => _options.RootSha256;

    internal bool ReadsKeyHash => _options.ReadsKeyHash;

    internal IReadOnlyList<string> PeerNames => _options.PeerNames;

    /// <summary>Throws <see cref="InvalidDataException"/> saying which part of the material is wrong.</summary>
    public static TlsContext Server(TlsContextOptions options) => new(options, isServer: true);

    public static TlsContext Client(TlsContextOptions options) => new(options, isServer: false);

    /// <summary>Connections that were begun from it go on: libssl counts them.</summary>
    public void Dispose()
    {
        Free();
        GC.SuppressFinalize(this);
    }

    private void Free()
    {
        if (_context != 0)
        {
            Sessions?.Close();
            LibSsl.SSL_CTX_free(_context);
            _context = 0;
        }

        // _alpn stays: a connection in its handshake may still read it, and contexts are few (one per rotation).
    }

    private void SetProtocol()
    {
        _ = LibSsl.SSL_CTX_ctrl(_context, SSL_CTRL_SET_MIN_PROTO_VERSION, (nint)_options.VersionMin, null);
        _ = LibSsl.SSL_CTX_ctrl(_context, SSL_CTRL_SET_MAX_PROTO_VERSION, (nint)_options.VersionMax, null);
        TlsSuites.Apply(_context, _options);

        // What is sent is the chain that was given: else libssl looks for a longer one in the trust of peers, and verifies it, in every handshake.
        const int Mode = SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER | SSL_MODE_RELEASE_BUFFERS | SSL_MODE_NO_AUTO_CHAIN;
        _ = LibSsl.SSL_CTX_ctrl(_context, SSL_CTRL_MODE, Mode, null);

        _ = LibSsl.SSL_CTX_set_options(_context, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
        TlsSecrets.Enable(_context);
        _ = LibSsl.SSL_CTX_ctrl(_context, SSL_CTRL_SET_SESS_CACHE_MODE, 0, null); // a server keeps no sessions: its tickets hold them
    }

    private void SetSessions()
    {
        if (IsServer)
        {
            TlsTickets.Enable(_context, _options, Names);
            if (!_options.OcspStaple.IsEmpty)
            {
                TlsStaple.Enable(_context, _options.OcspStaple.Span);
            }
        }
        else if (_options.RootSha256 is null)
        {
            TlsSessions.Enable(_context);
            Sessions = new TlsSessions();
        }
    }

    private void SetIdentity()
    {
        if (_options.CertificateChainPem is { } chainPem)
        {
            SetIdentity(chainPem, _options.PrivateKeyPem);
        }
        else if (IsServer)
        {
            throw new InvalidDataException("A TLS server needs a certificate chain.");
        }

        if (_options.Second is { } second)
        {
            SetIdentity(second.CertificateChainPem, second.PrivateKeyPem);
        }
    }

    private void SetIdentity(string chainPem, string? keyPem)
    {
        List<nint> chain = TlsPem.Certificates(chainPem, "certificate chain");
        try
        {
            Check(LibSsl.SSL_CTX_use_certificate(_context, chain[0]), "certificate");
            Names = TlsPeerReader.NamesOf(chain[0]);
            for (int i = 1; i < chain.Count; i++)
            {
                // SSL_CTX_add1_chain_cert: libssl takes a reference of its own.
                Check((int)LibSsl.SSL_CTX_ctrl(_context, SSL_CTRL_CHAIN_CERT, 1, (void*)chain[i]), "certificate chain");
            }
        }
        finally
        {
            chain.ForEach(LibCrypto.X509_free);
        }

        nint key = TlsPem.PrivateKey(keyPem ?? throw new InvalidDataException("A certificate chain needs its private key."));
        int used = LibSsl.SSL_CTX_use_PrivateKey(_context, key);
        LibCrypto.EVP_PKEY_free(key);
        Check(used, "private key");
        Check(LibSsl.SSL_CTX_check_private_key(_context), "private key (it does not belong to the certificate)");
    }

    private void SetTrust()
    {
        if (_options.SystemTrust)
        {
            TlsTrust.UseSystem(_context);
        }
        else if (_options.TrustPem is { } trust)
        {
            nint store = LibSsl.SSL_CTX_get_cert_store(_context);
            foreach (nint root in TlsPem.Certificates(trust, "trust bundle"))
            {
                _ = LibCrypto.X509_STORE_add_cert(store, root);
                LibCrypto.X509_free(root);
            }

            if (_options.CrlPem is { } revoked)
            {
                TlsPem.AddRevoked(store, revoked);
                _ = LibCrypto.X509_STORE_set_flags(store, X509_V_FLAG_CRL_CHECK);
            }
        }

        LibSsl.SSL_CTX_set_verify(_context, VerifyMode(), _options.AcceptUnverified ? &AcceptAny : null);
    }

    private int VerifyMode()
    {
        if (IsServer)
        {
            return _options.ClientCertificate switch
            {
                TlsPeerCheck.None => SSL_VERIFY_NONE,
                TlsPeerCheck.Optional => SSL_VERIFY_PEER,
                _ => SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT,
            };
        }

        // With a pinned root the chain is checked right after the handshake, before any byte of ours is sent (TlsPin).
        return _options.SkipVerification || _options.RootSha256 is not null ? SSL_VERIFY_NONE : SSL_VERIFY_PEER;
    }

    private void SetAlpn()
    {
        if (_options.Alpn.Count == 0)
        {
            return;
        }

        byte[] wire = [.. _options.Alpn.SelectMany(p => Encoding.ASCII.GetBytes(p).Prepend((byte)p.Length))];
        if (!IsServer)
        {
            fixed (byte* protocols = wire)
            {
                _ = LibSsl.SSL_CTX_set_alpn_protos(_context, protocols, (uint)wire.Length); // 0 is success, as for nothing else in libssl
            }

            return;
        }

        _alpn = (AlpnChoice*)NativeMemory.Alloc((nuint)(sizeof(AlpnChoice) + wire.Length));
        _alpn->Required = _options.AlpnRequired;
        _alpn->Length = (uint)wire.Length;
        wire.CopyTo(new Span<byte>(_alpn + 1, wire.Length));
        LibSsl.SSL_CTX_set_alpn_select_cb(_context, &SelectAlpn, _alpn);
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int SelectAlpn(nint ssl, byte** chosen, byte* chosenLength, byte* offered, uint offeredLength, void* argument)
    {
        var own = (AlpnChoice*)argument;
        int result = LibSsl.SSL_select_next_proto(chosen, chosenLength, (byte*)(own + 1), own->Length, offered, offeredLength);
        return result == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : own->Required ? SSL_TLSEXT_ERR_ALERT_FATAL : SSL_TLSEXT_ERR_NOACK;
    }

    /// <summary>The reason stays in SSL_get_verify_result, where whoever decides finds it.</summary>
    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int AcceptAny(int verified, nint store) => 1;

    private static void Check(int result, string what)
    {
        if (result != 1)
        {
            throw new InvalidDataException($"The {what} was refused by libssl: {TlsErrors.Take("no reason given")}.");
        }
    }

    /// <summary>Followed by the protocols in the form of RFC 7301 §3.1.</summary>
    private struct AlpnChoice
    {
        internal bool Required;
        internal uint Length;
    }
}
