using Weft.Transport.Native;

namespace Weft.Transport.Tls;

/// <summary>The machine's own roots, read once: a hundred certificates from a file are no work for a loop. Any thread.</summary>
public static unsafe class TlsTrust
{
    private static readonly Lazy<nint> System = new(Load);

    /// <summary>Reads them now, on the caller's thread, so that no loop has to.</summary>
    public static void PrepareSystem() => _ = System.Value;

    /// <summary>libssl takes a reference of its own; the store lives as long as the process.</summary>
    internal static void UseSystem(nint context) => LibSsl.SSL_CTX_set1_cert_store(context, System.Value);

    private static nint Load()
    {
        nint store = LibCrypto.X509_STORE_new();
        _ = LibCrypto.X509_STORE_set_default_paths(store);
        LibCrypto.ERR_clear_error(); // a directory that is not there is no error of ours
        return store;
    }
}
