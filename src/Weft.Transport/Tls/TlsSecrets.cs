using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Weft.Transport.Native;

namespace Weft.Transport.Tls;

/// <summary>
/// What libssl tells of one connection under TLS 1.3 until its records are ours (<see cref="TlsRecords"/>): both traffic secrets, and how many
/// records each has protected. Native memory, since the callbacks of the key log and the BIO write it. Used by its loop only. Secret: never logged.
/// </summary>
internal unsafe struct TlsSecrets
{
    /// <summary>Of SHA-384, the longest hash of the suites.</summary>
    internal const int SecretBytesMax = 48;

    /// <summary>Records that came in since the peer's secret protects them.</summary>
    internal TlsRecordCount Incoming;

    /// <summary>The same of ours on their way out.</summary>
    internal TlsRecordCount Outgoing;

    private fixed byte _client[SecretBytesMax];
    private fixed byte _server[SecretBytesMax];
    private int _clientLength;
    private int _serverLength;
    private bool _isServer;

    internal static void Enable(nint context) => LibSsl.SSL_CTX_set_keylog_callback(context, &OnSecret);

    internal static TlsSecrets* Create(bool isServer)
    {
        var secrets = (TlsSecrets*)NativeMemory.AllocZeroed((nuint)sizeof(TlsSecrets));
        secrets->_isServer = isServer;
        return secrets;
    }

    internal static void Free(TlsSecrets* secrets)
    {
        if (secrets is not null)
        {
            new Span<byte>(secrets, sizeof(TlsSecrets)).Clear();
            NativeMemory.Free(secrets);
        }
    }

    /// <summary>Both secrets are known, and libssl is in the middle of no record.</summary>
    internal readonly bool AreWhole => _clientLength > 0 && _serverLength == _clientLength && Incoming.IsBetweenRecords && Outgoing.IsBetweenRecords;

    /// <summary>What the peer protects its records with.</summary>
    internal static ReadOnlySpan<byte> ReadingOf(TlsSecrets* secrets) => secrets->_isServer ? ClientOf(secrets) : ServerOf(secrets);

    /// <summary>What we protect ours with.</summary>
    internal static ReadOnlySpan<byte> WritingOf(TlsSecrets* secrets) => secrets->_isServer ? ServerOf(secrets) : ClientOf(secrets);

    private static ReadOnlySpan<byte> ClientOf(TlsSecrets* secrets) => new(secrets->_client, secrets->_clientLength);

    private static ReadOnlySpan<byte> ServerOf(TlsSecrets* secrets) => new(secrets->_server, secrets->_serverLength);

    /// <summary>A line of the key log's usual form: label, client random, secret in hex. libssl writes it when it changes keys, with every record before it flushed.</summary>
    private void Take(ReadOnlySpan<byte> line)
    {
        ReadOnlySpan<byte> secret = line[(line.LastIndexOf((byte)' ') + 1)..];
        if (line.StartsWith("CLIENT_TRAFFIC_SECRET_0 "u8))
        {
            fixed (byte* to = _client)
            {
                _clientLength = Decode(secret, new Span<byte>(to, SecretBytesMax));
            }

            CountAnew(ofPeer: _isServer);
        }
        else if (line.StartsWith("SERVER_TRAFFIC_SECRET_0 "u8))
        {
            fixed (byte* to = _server)
            {
                _serverLength = Decode(secret, new Span<byte>(to, SecretBytesMax));
            }

            CountAnew(ofPeer: !_isServer);
        }
    }

    private void CountAnew(bool ofPeer)
    {
        if (ofPeer)
        {
            Incoming.Count = 0;
        }
        else
        {
            Outgoing.Count = 0;
        }
    }

    /// <summary>0: not the hex of a secret.</summary>
    private static int Decode(ReadOnlySpan<byte> hex, Span<byte> secret) =>
        Convert.FromHexString(hex, secret, out _, out int length) == System.Buffers.OperationStatus.Done ? length : 0;

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static void OnSecret(nint ssl, byte* line)
    {
        var scratch = (TlsScratch.State*)LibCrypto.BIO_get_data(LibSsl.SSL_get_rbio(ssl));
        if (scratch->Secrets is not null)
        {
            scratch->Secrets->Take(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(line));
        }
    }
}
