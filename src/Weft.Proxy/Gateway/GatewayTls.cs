using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using Weft.Model.V1;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Proxy.State.Workloads;
using Weft.Transport;

namespace Weft.Proxy.Gateway;

/// <summary>TLS contexts of gateway listeners, made when first needed and kept as long as their credential is.</summary>
internal static class GatewayTls
{
    private static readonly ConditionalWeakTable<CredentialModel, TlsContext> Contexts = [];

    /// <summary>Null: no listener of the port has a usable certificate.</summary>
    internal static async LoopTask<TlsContext?> ContextAsync(ProxyLoop loop, ImmutableArray<GatewayListenerModel> listeners)
    {
        foreach (GatewayListenerModel listener in listeners)
        {
            foreach (var cell in listener.Credentials)
            {
                Outcome<CredentialModel> found = await cell.GetAsync(loop.Loop);
                if (found.TryGet(out CredentialModel? credential) && TryContext(listener, credential) is { } context)
                {
                    return context;
                }
            }
        }

        return null;
    }

    private static TlsContext? TryContext(GatewayListenerModel listener, CredentialModel credential)
    {
        if (Contexts.TryGetValue(credential, out TlsContext? known))
        {
            return known;
        }

        try
        {
            TlsContext made = TlsContext.Server(new TlsContextOptions
            {
                CertificateChainPem = credential.CertificatePem,
                PrivateKeyPem = credential.PrivateKeyPem,
                TrustPem = credential.TrustPem,
                ClientCertificate = listener.TlsMode switch
                {
                    ServerTls.Types.Mode.Mutual => TlsPeerCheck.Required,
                    ServerTls.Types.Mode.OptionalMutual => TlsPeerCheck.Optional,
                    _ => TlsPeerCheck.None,
                },
                Alpn = ["http/1.1"],
                VersionMin = listener.MinVersion is "TLSV1_3" or "1.3" ? TlsVersion.Tls13 : TlsVersion.Tls12,
            });
            Contexts.AddOrUpdate(credential, made);
            return made;
        }
        catch (InvalidDataException)
        {
            return null; // the resource's status says what is wrong with it
        }
    }
}
