using System.Runtime.CompilerServices;
using Weft.Model.V1;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.State.Workloads;
using Weft.Telemetry.Metrics;
using Weft.Transport;

namespace Weft.Proxy.Gateway;

/// <summary>TLS contexts of gateway listeners, made when first needed and kept as long as their key pair is. Any loop.</summary>
internal static class GatewayTls
{
    /// <summary>What HTTP is spoken behind TLS, in order of preference.</summary>
    internal static readonly IReadOnlyList<string> HttpProtocols = ["h2", "http/1.1"];

    private static readonly ConditionalWeakTable<object, KeyPairContexts> Contexts = [];

    /// <summary>Null: the listener has no usable certificate.</summary>
    internal static async LoopTask<TlsContext?> ContextAsync(ProxyLoop loop, GatewayListenerModel listener, string? serverName)
    {
        if (listener.TlsMode is ServerTls.Types.Mode.MeshMutual)
        {
            return loop.Parts.Tls.Material is { } own ? Contexts.GetOrCreateValue(own).Get(listener, own, default) : null;
        }

        CredentialModel? trust = null;
        if (listener.Trust is { } wanted && !(await wanted.GetAsync(loop.Loop)).TryGet(out trust))
        {
            return null; // nobody could be verified
        }

        // The first credential whose certificate carries the name serves; a second one may bring the same name under a key of another kind.
        CredentialModel? first = null, covering = null, second = null;
        foreach (var cell in listener.Credentials)
        {
            Outcome<CredentialModel> found = await cell.GetAsync(loop.Loop);
            if (!found.TryGet(out CredentialModel? credential) || Single(listener, credential, trust) is not { } context)
            {
                continue;
            }

            first ??= credential;
            if (serverName is null || TlsNames.Cover(context.Names, serverName)) // a client that names nobody takes what it gets
            {
                second = covering is null ? null : second ?? credential;
                covering ??= credential;
            }
        }

        return (covering ?? first) is not { } chosen ? null
            : (second is null ? null : Contexts.GetOrCreateValue(chosen).Get(listener, Options(chosen, trust), new Others(second, trust))) ?? Single(listener, chosen, trust);
    }

    /// <summary>Null: the handshake is done and the client is one that the listener takes.</summary>
    internal static async LoopTask<string?> SecureAsync(ProxyLoop loop, LoopConnection connection, GatewayListenerModel listener, string? serverName)
    {
        TlsContext? context = await ContextAsync(loop, listener, serverName);
        if (context is null)
        {
            return "The listener has no usable certificate.";
        }

        IoStatus status = await connection.SecureAsServer(context);
        loop.CountHandshake(connection, LoopCounter.HandshakesServer);
        if (status != IoStatus.Ok)
        {
            return connection.TlsError ?? "The client went away.";
        }

        IReadOnlyList<string> names = connection.Tls?.Names ?? [];
        bool isAsked = listener.TlsMode is ServerTls.Types.Mode.Mutual or ServerTls.Types.Mode.OptionalMutual && connection.Tls is { CertificateSha256: not null };
        if (isAsked && !listener.SubjectAltNames.IsEmpty && !names.Any(listener.SubjectAltNames.Contains))
        {
            return "The client's certificate carries none of the listener's subjectAltNames.";
        }

        return isAsked && listener.Handshake.HasPins && !IsPinned(listener.Handshake, connection.Tls!) // it is asked for a certificate, so TLS is there
            ? "The client's certificate is none of those that the listener names by hash."
            : null;
    }

    /// <summary>A hash of the certificate or of its key: either kind will do, as in Istio.</summary>
    private static bool IsPinned(ServerHandshake asked, TlsPeer peer) =>
        (peer.CertificateSha256 is { } hash && asked.Hashes.Split(',').Contains(hash)) || (peer.KeySha256 is { } key && asked.KeyHashes.Split(',').Contains(key));

    private static TlsContext? Single(GatewayListenerModel listener, CredentialModel credential, CredentialModel? trust) =>
        Contexts.GetOrCreateValue(credential).Get(listener, Options(credential, trust), new Others(null, trust));

    /// <param name="trust">Who says whom to trust; null: the credential itself.</param>
    private static TlsContextOptions Options(CredentialModel credential, CredentialModel? trust) => new()
    {
        CertificateChainPem = credential.CertificatePem,
        PrivateKeyPem = credential.PrivateKeyPem,
        TrustPem = (trust ?? credential).TrustPem,
        CrlPem = (trust ?? credential).CrlPem,
        OcspStaple = credential.OcspStaple,
    };

    /// <summary>What goes into a context beside its key pair.</summary>
    private readonly record struct Others(CredentialModel? Second, CredentialModel? Trust);

    /// <summary>The contexts of one key pair, one for each way in which listeners use it. Goes with its key pair.</summary>
    private sealed class KeyPairContexts
    {
        /// <summary>More are forgotten all at once: second keys that rotate leave theirs behind.</summary>
        private const int CountMax = 64;

        private readonly Dictionary<(ServerHandshake Handshake, bool IsHttp, Others Others), TlsContext?> _made = [];

        internal TlsContext? Get(GatewayListenerModel listener, TlsContextOptions own, Others others)
        {
            var key = (listener.Handshake, listener.Protocol is AppProtocol.Https, others);
            lock (_made)
            {
                if (_made.TryGetValue(key, out TlsContext? known))
                {
                    return known;
                }

                if (_made.Count >= CountMax)
                {
                    _made.Clear();
                }

                TlsContext? context = TryMake(listener, own, others.Second);
                _made.Add(key, context);
                return context;
            }
        }

        private static TlsContext? TryMake(GatewayListenerModel listener, TlsContextOptions own, CredentialModel? second)
        {
            ServerHandshake asked = listener.Handshake;
            try
            {
                return TlsContext.Server(own with
                {
                    Second = second is { CertificatePem: { } chain, PrivateKeyPem: { } key } ? new TlsKeyPair(chain, key) : null,
                    TrustPem = asked.TrustPem ?? own.TrustPem,
                    ClientCertificate = CheckOf(asked),
                    AcceptUnverified = asked.AcceptsUnverified,
                    Alpn = AlpnOf(listener),
                    VersionMin = asked.MinVersion == "1.3" ? TlsVersion.Tls13 : TlsVersion.Tls12, // below 1.2 nothing is spoken, whatever is asked
                    VersionMax = asked.MaxVersion == "1.2" ? TlsVersion.Tls12 : TlsVersion.Tls13,
                    Suites12 = asked.Suites.Length == 0 ? [] : asked.Suites.Split(':'),
                    Groups = asked.Groups.Length == 0 ? [] : asked.Groups.Split(':'),
                    ReadsKeyHash = asked.KeyHashes.Length > 0,
                });
            }
            catch (InvalidDataException)
            {
                return null; // the resource's status says what is wrong with it
            }
        }

        private static TlsPeerCheck CheckOf(ServerHandshake asked) => asked.Mode switch
        {
            ServerTls.Types.Mode.Mutual or ServerTls.Types.Mode.MeshMutual => TlsPeerCheck.Required,
            ServerTls.Types.Mode.OptionalMutual => TlsPeerCheck.Optional,
            _ => TlsPeerCheck.None,
        };

        private static IReadOnlyList<string> AlpnOf(GatewayListenerModel listener)
        {
            string[] written = listener.Handshake.Alpn.Length == 0 ? [] : listener.Handshake.Alpn.Split(',');
            return listener.Protocol is not AppProtocol.Https ? written
                : written.Length == 0 ? HttpProtocols
                : [.. written.Where(HttpProtocols.Contains)];
        }
    }
}
