using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Weft.Transport.Native;

namespace Weft.Transport.Tls;

/// <summary>What one record was.</summary>
internal enum TlsRecord : byte
{
    Data,

    /// <summary>Something between the two ends themselves; it is done.</summary>
    Control,
    CloseNotify,
    Failed,
}

/// <summary>
/// The record protocol of TLS 1.3 (RFC 8446 §5) of one connection whose handshake libssl has done. Owns its keys; used by its loop only.
/// </summary>
/// <remarks>
/// libssl keeps some 20 KiB for a connection that does nothing but wait: its state machine and the peer's certificate, parsed. Of that only the keys
/// are needed any more (docs/adr/0027-own-tls-records.md).
/// </remarks>
internal sealed unsafe class TlsRecords : IDisposable
{
    internal const int HeaderBytes = 5;

    /// <summary>What a record of no content has around it: header, type, tag.</summary>
    internal const int FrameBytes = HeaderBytes + 1 + TlsTrafficKeys.TagBytes;

    // RFC 8446 §5.1: no record's content is longer. With its header and padding a sealed one is at most so long (§5.2).
    internal const int ContentBytesMax = 1 << 14;
    internal const int SealedBytesMax = HeaderBytes + ContentBytesMax + 256;

    /// <summary>Alerts, tickets, key updates and empty records in a row: whoever sends more of them than this is not talking to us.</summary>
    internal const int ControlsInRowMax = 32;

    /// <summary>RFC 8446 §5.5: AES-GCM protects 2^24.5 full records with a margin; ours are renewed well before.</summary>
    internal const ulong RecordsPerKeyMax = 1 << 23;

    private const byte AlertType = 21;
    private const byte HandshakeType = 22;
    private const byte DataType = 23;
    private const int CloseNotifyAlert = 0;
    private const byte NewSessionTicket = 4;
    private const byte KeyUpdate = 24;
    private const int MessageHeaderBytes = 4;

    private readonly TlsSuite _suite;
    private readonly bool _isServer;
    private TlsTrafficKeys* _keys;
    private uint _messageHeader;
    private int _messageHeaderBytes;
    private int _ticketRest;
    private int _controls;

    private TlsRecords(TlsSuite suite, bool isServer)
    {
        _suite = suite;
        _isServer = isServer;
        _keys = (TlsTrafficKeys*)NativeMemory.AllocZeroed(2, (nuint)sizeof(TlsTrafficKeys));
    }

    /// <summary>Why <see cref="TlsRecord.Failed"/> was said.</summary>
    internal string? Error { get; private set; }

    private bool IsAmidMessage => (_ticketRest | _messageHeaderBytes) != 0;

    private ref TlsTrafficKeys Reading => ref _keys[0];

    private ref TlsTrafficKeys Writing => ref _keys[1];

    /// <summary>Goes on where libssl stands. Null: its suite is none of ours, or it stands in the middle of something.</summary>
    internal static TlsRecords? TryTakeOver(nint ssl, TlsSecrets* secrets, bool isServer)
    {
        nint cipher = LibSsl.SSL_get_current_cipher(ssl);
        if (!secrets->AreWhole || cipher == 0 || !TlsSuite.TryFind(LibSsl.SSL_CIPHER_get_protocol_id(cipher), out TlsSuite suite))
        {
            return null;
        }

        return new TlsRecords(suite, isServer)
            .Reads(TlsSecrets.ReadingOf(secrets), secrets->Incoming.Count)
            .Writes(TlsSecrets.WritingOf(secrets), secrets->Outgoing.Count);
    }

    internal static TlsRecords ForTest(TlsSuite suite, ReadOnlySpan<byte> reading, ReadOnlySpan<byte> writing, bool isServer, ulong sequence = 0) =>
        new TlsRecords(suite, isServer).Reads(reading, sequence).Writes(writing, sequence);

    /// <summary>Whether a whole record stands at the front, or one that can only fail; its length with the header.</summary>
    internal static bool TryMeasure(ReadOnlySpan<byte> input, out int length)
    {
        length = input.Length < HeaderBytes ? SealedBytesMax : HeaderBytes + BinaryPrimitives.ReadUInt16BigEndian(input[3..]);
        if (length > SealedBytesMax)
        {
            length = HeaderBytes; // refused by its header alone
        }

        return length <= input.Length;
    }

    /// <summary>Opens one whole record, as <see cref="TryMeasure"/> found it. What must be answered is sealed into the scratch's outgoing bytes.</summary>
    /// <param name="output">Room for the record without header and tag.</param>
    /// <param name="content">Bytes of data that now stand in <paramref name="output"/>.</param>
    internal TlsRecord Open(byte* record, int length, byte* output, TlsScratch.State* scratch, out int content)
    {
        content = 0;
        if (record[0] != DataType || length < FrameBytes)
        {
            return Fail(scratch, TlsAlert.UnexpectedMessage, "a record that is not protected, or too long");
        }

        if (!Reading.Open(record, HeaderBytes, record + HeaderBytes, length - HeaderBytes, output))
        {
            return Fail(scratch, TlsAlert.BadRecordMac, "a record that the peer did not seal, or not in this place");
        }

        var inner = new ReadOnlySpan<byte>(output, length - HeaderBytes - TlsTrafficKeys.TagBytes);
        int typeAt = inner.LastIndexOfAnyExcept((byte)0); // behind it stands padding (RFC 8446 §5.4)
        if (typeAt < 0 || typeAt > ContentBytesMax)
        {
            return Fail(scratch, typeAt < 0 ? TlsAlert.UnexpectedMessage : TlsAlert.RecordOverflow, "a record without type, or of too much content");
        }

        if (IsAmidMessage && inner[typeAt] != HandshakeType)
        {
            return Fail(scratch, TlsAlert.UnexpectedMessage, "another record in the middle of a handshake message"); // §5.1
        }

        if (inner[typeAt] == DataType && typeAt > 0)
        {
            _controls = 0;
            content = typeAt;
            return TlsRecord.Data;
        }

        return ++_controls > ControlsInRowMax ? Fail(scratch, TlsAlert.UnexpectedMessage, "many records without data in a row") : OpenControl(inner[typeAt], inner[..typeAt], scratch);
    }

    /// <summary>Seals the front of <paramref name="plain"/> into one record behind what waits in the scratch; how many bytes it took, or 0 on failure.</summary>
    internal int Seal(ReadOnlySpan<byte> plain, TlsScratch.State* scratch)
    {
        if (Writing.Sequence >= RecordsPerKeyMax && !RenewKeys(scratch))
        {
            return 0;
        }

        int count = Math.Min(plain.Length, ContentBytesMax);
        return SealAs(DataType, plain[..count], scratch) ? count : 0;
    }

    internal void SealCloseNotify(TlsScratch.State* scratch) => SealAlert(1, CloseNotifyAlert, scratch);

    public void Dispose()
    {
        if (_keys is not null)
        {
            Reading.Free();
            Writing.Free();
            new Span<byte>(_keys, 2 * sizeof(TlsTrafficKeys)).Clear();
            NativeMemory.Free(_keys);
            _keys = null;
        }
    }

    private TlsRecords Reads(ReadOnlySpan<byte> secret, ulong sequence)
    {
        Reading.Start(_suite, secret, sequence, seals: false);
        return this;
    }

    private TlsRecords Writes(ReadOnlySpan<byte> secret, ulong sequence)
    {
        Writing.Start(_suite, secret, sequence, seals: true);
        return this;
    }

    private TlsRecord OpenControl(byte type, ReadOnlySpan<byte> content, TlsScratch.State* scratch)
    {
        switch (type)
        {
            case DataType:
                return TlsRecord.Control; // empty: some send them against analysis of traffic
            case AlertType when content is [_, CloseNotifyAlert]:
                return TlsRecord.CloseNotify;
            case AlertType when content.Length == 2:
                Error = $"the peer sent alert {content[1]}";
                return TlsRecord.Failed;
            case HandshakeType when content.Length > 0:
                return OpenHandshake(content, scratch);
            default:
                return Fail(scratch, TlsAlert.UnexpectedMessage, "a record of a type that has no place after the handshake");
        }
    }

    /// <summary>RFC 8446 §4.6: tickets, which a record's end may cut anywhere and which are not wanted any more, and key updates, which end their record (§5.1).</summary>
    private TlsRecord OpenHandshake(ReadOnlySpan<byte> content, TlsScratch.State* scratch)
    {
        while (true)
        {
            int skipped = Math.Min(_ticketRest, content.Length);
            _ticketRest -= skipped;
            content = content[skipped..];
            if (!TryReadMessageHeader(ref content, out int type, out int length))
            {
                return TlsRecord.Control;
            }

            if (type == KeyUpdate && length == 1 && content is [0 or 1])
            {
                return UpdateKeys(content[0] == 1, scratch);
            }

            if (_isServer || type != NewSessionTicket)
            {
                return Fail(scratch, TlsAlert.UnexpectedMessage, "a handshake message that has no place after the handshake");
            }

            _ticketRest = length;
        }
    }

    /// <summary>False: its rest comes with the next record.</summary>
    private bool TryReadMessageHeader(ref ReadOnlySpan<byte> content, out int type, out int length)
    {
        while (_messageHeaderBytes < MessageHeaderBytes && content.Length > 0)
        {
            _messageHeader = (_messageHeader << 8) | content[0];
            _messageHeaderBytes++;
            content = content[1..];
        }

        type = (int)(_messageHeader >> 24);
        length = (int)(_messageHeader & 0xFFFFFF);
        if (_messageHeaderBytes < MessageHeaderBytes)
        {
            return false;
        }

        _messageHeaderBytes = 0;
        return true;
    }

    private TlsRecord UpdateKeys(bool isAsked, TlsScratch.State* scratch)
    {
        Reading.Update(seals: false);
        return !isAsked || RenewKeys(scratch) ? TlsRecord.Control : Fail(scratch, TlsAlert.InternalError, "new keys could not be announced");
    }

    private bool RenewKeys(TlsScratch.State* scratch)
    {
        bool isTold = SealAs(HandshakeType, [KeyUpdate, 0, 0, 1, 0], scratch);
        Writing.Update(seals: true);
        return isTold;
    }

    private TlsRecord Fail(TlsScratch.State* scratch, TlsAlert alert, string reason)
    {
        Error = $"the peer sent {reason}";
        SealAlert(2, (byte)alert, scratch);
        return TlsRecord.Failed;
    }

    private void SealAlert(byte level, byte alert, TlsScratch.State* scratch) => _ = SealAs(AlertType, [level, alert], scratch);

    private bool SealAs(byte type, ReadOnlySpan<byte> content, TlsScratch.State* scratch)
    {
        int length = content.Length + 1 + TlsTrafficKeys.TagBytes;
        byte* record = TlsScratch.Reserve(scratch, HeaderBytes + length);
        record[0] = DataType;
        record[1] = 3; // legacy_record_version 0x0303
        record[2] = 3;
        BinaryPrimitives.WriteUInt16BigEndian(new Span<byte>(record + 3, 2), (ushort)length);
        if (!Writing.Seal(record, HeaderBytes, content, type, record + HeaderBytes))
        {
            return false;
        }

        scratch->OutLength += HeaderBytes + length;
        return true;
    }

    /// <summary>RFC 8446 §6.</summary>
    private enum TlsAlert : byte
    {
        UnexpectedMessage = 10,
        BadRecordMac = 20,
        RecordOverflow = 22,
        InternalError = 80,
    }
}
