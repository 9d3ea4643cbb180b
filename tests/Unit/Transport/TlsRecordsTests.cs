using System.Text;
using Weft.Transport;
using Weft.Transport.Tls;

namespace Weft.Unit.Transport;

/// <summary>The record protocol of TLS 1.3, by sections of RFC 8446; the known answers are those of RFC 8448.</summary>
public sealed unsafe class TlsRecordsTests
{
    private const int Aes128 = 0x1301;

    // RFC 8448 §3, "Simple 1-RTT Handshake".
    private const string ClientSecret = "9e40646ce79a7f9dc05af8889bce6552875afa0b06df0087f792ebb7c17504a5";
    private const string ServerSecret = "a11af9f05531f856ad47116b45a950328204b4f44bfb6b3a4b4f1f3fcb631643";
    private const string ClientRecord =
        "1703030043a23f7054b62c94d0affafe8228ba55cbefacea42f914aa66bcab3f2b9819a8a5b46b395bd54a9a20441e2b62974e1f5a6292a2977014bd1e3deae63aeebb21694915e4";

    [Fact]
    public void Seal_Rfc8448_GivesItsRecord()
    {
        using var ends = new Ends();
        byte[] content = [.. Enumerable.Range(0, 50).Select(i => (byte)i)];
        Assert.Equal(50, ends.Client.Seal(content, ends.Scratch));
        Assert.Equal(ClientRecord, Convert.ToHexStringLower(ends.TakeOut()));
    }

    public static TheoryData<int, int> Suites => new() { { 0x1301, 32 }, { 0x1302, 48 }, { 0x1303, 32 } };

    [Theory]
    [MemberData(nameof(Suites))]
    public void Open_WhatTheOtherSealed_GivesItBackInOrder(int suite, int secretBytes)
    {
        using var ends = new Ends(suite, new byte[secretBytes], [.. Enumerable.Repeat((byte)7, secretBytes)]);
        for (int i = 0; i < 3; i++)
        {
            byte[] content = Encoding.ASCII.GetBytes($"message {i}");
            Assert.Equal(content.Length, ends.Server.Seal(content, ends.Scratch));
            Assert.Equal((TlsRecord.Data, $"message {i}"), ends.OpenAt(ends.Client, ends.TakeOut()));
        }
    }

    [Fact]
    public void Seal_MoreThanARecordHolds_TakesTheFront()
    {
        using var ends = new Ends();
        Assert.Equal(TlsRecords.ContentBytesMax, ends.Client.Seal(new byte[TlsRecords.ContentBytesMax + 1], ends.Scratch));
        byte[] record = ends.TakeOut();
        Assert.Equal(TlsRecords.ContentBytesMax + TlsRecords.FrameBytes, record.Length);
        Assert.InRange(record.Length, 0, TlsRecords.SealedBytesMax);
        Assert.Equal(TlsRecord.Data, ends.OpenAt(ends.Server, record).Kind);
    }

    [Fact]
    public void Open_AnyBitChanged_Fails()
    {
        byte[] record = Convert.FromHexString(ClientRecord);
        for (int bit = 0; bit < record.Length * 8; bit++)
        {
            using var ends = new Ends();
            byte[] changed = [.. record];
            changed[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.True(!TlsRecords.TryMeasure(changed, out int length) || ends.OpenAt(ends.Server, changed[..length]).Kind is TlsRecord.Failed, $"bit {bit}");
        }
    }

    [Fact]
    public void Open_RecordsOutOfOrder_Fails()
    {
        using var ends = new Ends();
        ends.Client.Seal("one"u8, ends.Scratch);
        _ = ends.TakeOut();
        ends.Client.Seal("two"u8, ends.Scratch);
        Assert.Equal(TlsRecord.Failed, ends.OpenAt(ends.Server, ends.TakeOut()).Kind);
        Assert.Equal("alert 20", ends.AnswerAt(ends.Client));
    }

    /// <summary>What stands in a record under its protection: content, type, padding; who reads it, and what it is to them.</summary>
    public static TheoryData<string, string, bool, string, string> Inner => new()
    {
        { "§5.4 padding is not content", "616263 17 000000", true, "Data", "abc" },
        { "§5.4 a record of padding alone has no type", "00000000", true, "Failed", "alert 10" },
        { "§5.1 empty data is allowed", "17", true, "Control", "" },
        { "§6.1 close_notify", "0100 15", true, "CloseNotify", "" },
        { "§6.1 close_notify of any level", "0200 15", true, "CloseNotify", "" },
        { "§6.2 another alert ends it, unanswered", "0228 15", true, "Failed", "" },
        { "§6 an alert has two bytes", "01 15", true, "Failed", "alert 10" },
        { "§4.6.3 a key update is taken", "1800000100 16", true, "Control", "" },
        { "§4.6.3 and answered where that is asked", "1800000101 16", true, "Control", "message 24" },
        { "§4.6.3 its request has two values", "1800000102 16", true, "Failed", "alert 10" },
        { "§5.1 nothing follows it in its record", "1800000100 1800000100 16", true, "Failed", "alert 10" },
        { "§4.6.1 a client passes a ticket over", "04000004 00010203 16", false, "Control", "" },
        { "§4.6.1 and several", "04000001 00 04000001 00 16", false, "Control", "" },
        { "§4.6.1 no client sends one", "04000004 00010203 16", true, "Failed", "alert 10" },
        { "§4.6.2 we never offered a certificate later", "0d000001 00 16", false, "Failed", "alert 10" },
        { "§4.1.2 nobody begins again", "01000001 00 16", true, "Failed", "alert 10" },
        { "§5.1 no empty handshake message", "16", true, "Failed", "alert 10" },
        { "§5 change_cipher_spec is over", "01 14", true, "Failed", "alert 10" },
        { "§5 no other type", "01 18", true, "Failed", "alert 10" },
    };

    [Theory]
    [MemberData(nameof(Inner))]
    public void Open_Inner_MeansWhatItsSectionSays(string section, string inner, bool atServer, string kind, string tells)
    {
        Assert.NotEmpty(section);
        using var ends = new Ends();
        byte[] record = ends.SealRaw(fromClient: atServer, Convert.FromHexString(inner.Replace(" ", "", StringComparison.Ordinal)));
        (TlsRecord opened, string content) = ends.OpenAt(atServer ? ends.Server : ends.Client, record);
        Assert.Equal(kind, opened.ToString());
        Assert.Equal(tells, opened is TlsRecord.Data ? content : ends.AnswerAt(atServer ? ends.Client : ends.Server));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(7)]
    public void Open_TicketAcrossRecords_IsPassedOverWhole(int cut)
    {
        using var ends = new Ends();
        byte[] ticket = [4, 0, 0, 6, 24, 0, 0, 1, 2, 24]; // reads like key updates where it is cut wrongly
        Assert.Equal(TlsRecord.Control, ends.OpenAt(ends.Client, ends.SealRaw(false, [.. ticket[..cut], 0x16])).Kind);
        Assert.Equal(TlsRecord.Control, ends.OpenAt(ends.Client, ends.SealRaw(false, [.. ticket[cut..], 0x16])).Kind);
        ends.Server.Seal("after"u8, ends.Scratch);
        Assert.Equal((TlsRecord.Data, "after"), ends.OpenAt(ends.Client, ends.TakeOut()));
    }

    /// <summary>§5.1: no record of another type stands between the parts of a handshake message.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(5)]
    public void Open_DataAmidATicket_Fails(int cut)
    {
        using var ends = new Ends();
        byte[] ticket = [4, 0, 0, 2, 1, 2];
        Assert.Equal(TlsRecord.Control, ends.OpenAt(ends.Client, ends.SealRaw(false, [.. ticket[..cut], 0x16])).Kind);
        ends.Server.Seal("amid"u8, ends.Scratch);
        Assert.Equal(TlsRecord.Failed, ends.OpenAt(ends.Client, ends.TakeOut()).Kind);
    }

    [Fact]
    public void Open_ControlsWithoutEnd_Fails()
    {
        using var ends = new Ends();
        for (int i = 0; i < TlsRecords.ControlsInRowMax; i++)
        {
            Assert.Equal(TlsRecord.Control, ends.OpenAt(ends.Server, ends.SealRaw(true, [0x17])).Kind);
        }

        Assert.Equal(TlsRecord.Failed, ends.OpenAt(ends.Server, ends.SealRaw(true, [0x17])).Kind);
    }

    [Fact]
    public void Seal_KeysUsedUp_RenewsThemAndGoesOn()
    {
        using var ends = new Ends(sequence: TlsRecords.RecordsPerKeyMax - 1);
        ends.Client.Seal("last of the old"u8, ends.Scratch);
        Assert.Equal((TlsRecord.Data, "last of the old"), ends.OpenAt(ends.Server, ends.TakeOut()));
        ends.Client.Seal("first of the new"u8, ends.Scratch);
        byte[] both = ends.TakeOut();
        Assert.True(TlsRecords.TryMeasure(both, out int update));
        Assert.Equal(TlsRecord.Control, ends.OpenAt(ends.Server, both[..update]).Kind);
        Assert.Equal((TlsRecord.Data, "first of the new"), ends.OpenAt(ends.Server, both[update..]));
    }

    public static TheoryData<string, bool, int> Fronts => new()
    {
        { "", false, 0 },
        { "17030300", false, 0 },
        { "1703030002aa", false, 0 },
        { "1703030002aabb", true, 7 },
        { "1703030002aabbcc", true, 7 },
        { "1703034100", false, 0 },
        { "1703034101", true, 5 }, // longer than any record may be: not waited for
    };

    [Theory]
    [MemberData(nameof(Fronts))]
    public void TryMeasure_Front_IsWholeWhenItsLengthIsThere(string front, bool isWhole, int length)
    {
        Assert.Equal(isWhole, TlsRecords.TryMeasure(Convert.FromHexString(front), out int measured));
        Assert.Equal(length, isWhole ? measured : 0);
    }

    [Fact]
    public void Count_AnyCut_IsTheSame()
    {
        byte[] stream = [.. Convert.FromHexString("1703030002aabb"), .. Convert.FromHexString("1703030000"), .. Convert.FromHexString(ClientRecord)];
        for (int cut = 0; cut <= stream.Length; cut++)
        {
            var count = default(TlsRecordCount);
            count.Feed(stream.AsSpan(0, cut));
            Assert.Equal(cut is 0 or 7 or 12 || cut == stream.Length, count.IsBetweenRecords);
            count.Feed(stream.AsSpan(cut));
            Assert.Equal(3UL, count.Count);
            Assert.True(count.IsBetweenRecords);
        }
    }

    /// <summary>A client and a server that have the same secrets.</summary>
    private sealed class Ends : IDisposable
    {
        private readonly TlsScratch _scratch = new();
        private readonly TlsSuite _suite;
        private readonly byte[] _client;
        private readonly byte[] _server;
        private TlsTrafficKeys _raw;

        internal Ends(int suite = Aes128, byte[]? client = null, byte[]? server = null, ulong sequence = 0)
        {
            Assert.True(TlsSuite.TryFind(suite, out _suite));
            _client = client ?? Convert.FromHexString(ClientSecret);
            _server = server ?? Convert.FromHexString(ServerSecret);
            Client = TlsRecords.ForTest(_suite, _server, _client, isServer: false, sequence);
            Server = TlsRecords.ForTest(_suite, _client, _server, isServer: true, sequence);
        }

        internal TlsRecords Client { get; }

        internal TlsRecords Server { get; }

        internal TlsScratch.State* Scratch => _scratch.Current;

        internal byte[] TakeOut()
        {
            byte[] records = [.. new ReadOnlySpan<byte>(Scratch->Out, Scratch->OutLength)];
            Scratch->OutLength = 0;
            return records;
        }

        /// <summary>A record of whatever inner content, its type at the end; sealed after those that this end has sent this way already.</summary>
        internal byte[] SealRaw(bool fromClient, ReadOnlySpan<byte> inner)
        {
            if (_raw.Sequence == 0)
            {
                _raw.Start(_suite, fromClient ? _client : _server, 0, seals: true);
            }

            byte[] record = new byte[TlsRecords.HeaderBytes + inner.Length + TlsTrafficKeys.TagBytes];
            record[0] = 0x17;
            record[1] = record[2] = 3;
            record[4] = (byte)(record.Length - TlsRecords.HeaderBytes);
            fixed (byte* start = record)
            {
                // The keys put the type behind the content: the last byte of the inner text stands for it.
                Assert.True(_raw.Seal(start, TlsRecords.HeaderBytes, inner[..^1], inner[^1], start + TlsRecords.HeaderBytes));
            }

            if (!fromClient)
            {
                Assert.Equal(1, Server.Seal([0], Scratch)); // so that its own records go on behind this one
                _ = TakeOut();
            }

            return record;
        }

        internal (TlsRecord Kind, string Content) OpenAt(TlsRecords end, byte[] record)
        {
            byte[] output = new byte[TlsRecords.SealedBytesMax];
            fixed (byte* start = record, to = output)
            {
                TlsRecord kind = end.Open(start, record.Length, to, Scratch, out int content);
                return (kind, Encoding.ASCII.GetString(output, 0, content));
            }
        }

        /// <summary>What the other end was told, as <paramref name="asker"/> reads it; its own reading of the record is not asked for.</summary>
        internal string AnswerAt(TlsRecords asker)
        {
            byte[] answer = TakeOut();
            if (answer.Length == 0)
            {
                return "";
            }

            (TlsRecord kind, _) = OpenAt(asker, answer);
            return kind is TlsRecord.Control ? "message 24" : asker.Error!.Replace("the peer sent ", "", StringComparison.Ordinal);
        }

        public void Dispose()
        {
            if (_raw.Sequence > 0)
            {
                _raw.Free();
            }

            Client.Dispose();
            Server.Dispose();
            _scratch.Dispose();
        }
    }
}
