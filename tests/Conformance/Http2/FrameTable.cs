using Weft.Wire;
using Weft.Wire.Http2;
using static Weft.Wire.Http2.Http2ErrorCode;

namespace Weft.Conformance.Http2;

/// <summary>RFC 9113 §4 and §6: what each frame's own bytes may be, whatever stands around it.</summary>
public sealed class FrameTable
{
    private const string Stream1 = "00000001";
    private const string Connection = "00000000";

    public static TheoryData<string, string, ReadStatus, Http2ErrorCode> Cases => new()
    {
        // §4.2
        { "4.2", "004001" + "00" + "00" + Stream1, ReadStatus.TooLarge, FrameSizeError },
        { "4.2", "FFFFFF" + "FF" + "00" + Connection, ReadStatus.TooLarge, FrameSizeError },
        { "4.1", "000000" + "0A" + "FF" + Stream1, ReadStatus.Done, NoError },
        { "4.1", "000000" + "00" + "00" + "80000001", ReadStatus.Done, NoError },

        // §6.1 DATA
        { "6.1", "000001" + "00" + "00" + Stream1 + "61", ReadStatus.Done, NoError },
        { "6.1", "000001" + "00" + "00" + Connection + "61", ReadStatus.Malformed, ProtocolError },
        { "6.1", "000003" + "00" + "08" + Stream1 + "016100", ReadStatus.Done, NoError },
        { "6.1", "000002" + "00" + "08" + Stream1 + "0100", ReadStatus.Done, NoError },
        { "6.1", "000002" + "00" + "08" + Stream1 + "0200", ReadStatus.Malformed, ProtocolError },
        { "6.1", "000000" + "00" + "08" + Stream1, ReadStatus.Malformed, ProtocolError },

        // §6.2 HEADERS
        { "6.2", "000001" + "01" + "04" + Stream1 + "82", ReadStatus.Done, NoError },
        { "6.2", "000001" + "01" + "04" + Connection + "82", ReadStatus.Malformed, ProtocolError },
        { "6.2", "000006" + "01" + "24" + Stream1 + "000000000082", ReadStatus.Done, NoError },
        { "6.2", "000004" + "01" + "24" + Stream1 + "00000000", ReadStatus.Malformed, ProtocolError },
        { "6.2", "000002" + "01" + "0C" + Stream1 + "0282", ReadStatus.Malformed, ProtocolError },

        // §6.3 PRIORITY
        { "6.3", "000005" + "02" + "00" + Stream1 + "0000000010", ReadStatus.Done, NoError },
        { "6.3", "000005" + "02" + "00" + Connection + "0000000010", ReadStatus.Malformed, ProtocolError },
        { "6.3 (stream)", "000004" + "02" + "00" + Stream1 + "00000000", ReadStatus.Malformed, FrameSizeError },

        // §6.4 RST_STREAM
        { "6.4", "000004" + "03" + "00" + Stream1 + "00000008", ReadStatus.Done, NoError },
        { "6.4", "000004" + "03" + "00" + Connection + "00000008", ReadStatus.Malformed, ProtocolError },
        { "6.4", "000003" + "03" + "00" + Stream1 + "000000", ReadStatus.Malformed, FrameSizeError },

        // §6.5 SETTINGS
        { "6.5", "000000" + "04" + "00" + Connection, ReadStatus.Done, NoError },
        { "6.5", "000006" + "04" + "00" + Connection + "000300000064", ReadStatus.Done, NoError },
        { "6.5", "000000" + "04" + "01" + Connection, ReadStatus.Done, NoError },
        { "6.5", "000006" + "04" + "01" + Connection + "000300000064", ReadStatus.Malformed, FrameSizeError },
        { "6.5", "000005" + "04" + "00" + Connection + "0003000000", ReadStatus.Malformed, FrameSizeError },
        { "6.5", "000000" + "04" + "00" + Stream1, ReadStatus.Malformed, ProtocolError },

        // §6.6 PUSH_PROMISE
        { "6.6", "000005" + "05" + "04" + Stream1 + "0000000282", ReadStatus.Done, NoError },
        { "6.6", "000005" + "05" + "04" + Connection + "0000000282", ReadStatus.Malformed, ProtocolError },
        { "6.6", "000003" + "05" + "04" + Stream1 + "000000", ReadStatus.Malformed, ProtocolError },

        // §6.7 PING
        { "6.7", "000008" + "06" + "00" + Connection + "0102030405060708", ReadStatus.Done, NoError },
        { "6.7", "000008" + "06" + "00" + Stream1 + "0102030405060708", ReadStatus.Malformed, ProtocolError },
        { "6.7", "000007" + "06" + "00" + Connection + "01020304050607", ReadStatus.Malformed, FrameSizeError },

        // §6.8 GOAWAY
        { "6.8", "000008" + "07" + "00" + Connection + "0000000100000000", ReadStatus.Done, NoError },
        { "6.8", "000008" + "07" + "00" + Stream1 + "0000000100000000", ReadStatus.Malformed, ProtocolError },
        { "6.8", "000007" + "07" + "00" + Connection + "00000001000000", ReadStatus.Malformed, FrameSizeError },

        // §6.9 WINDOW_UPDATE
        { "6.9", "000004" + "08" + "00" + Connection + "00000001", ReadStatus.Done, NoError },
        { "6.9", "000003" + "08" + "00" + Connection + "000001", ReadStatus.Malformed, FrameSizeError },

        // §6.10 CONTINUATION
        { "6.10", "000001" + "09" + "04" + Stream1 + "82", ReadStatus.Done, NoError },
        { "6.10", "000001" + "09" + "04" + Connection + "82", ReadStatus.Malformed, ProtocolError },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Frame_Row_GetsItsVerdict(string section, string hex, ReadStatus status, Http2ErrorCode error)
    {
        ReadOnlySpan<byte> input = Convert.FromHexString(hex);
        Assert.Equal(status, Http2FrameReader.TryRead(ref input, Http2Frame.PayloadBytesDefault, out _, out Http2ErrorCode found, out bool isStreamError));
        Assert.Equal(error, found);
        Assert.Equal(section.EndsWith("(stream)", StringComparison.Ordinal), isStreamError);
    }

    /// <summary>§6.5.2: values that no sender may send.</summary>
    [Theory]
    [InlineData(Http2SettingId.EnablePush, 2u, ProtocolError)]
    [InlineData(Http2SettingId.InitialWindowSize, 0x7FFF_FFFFu, NoError)]
    [InlineData(Http2SettingId.InitialWindowSize, 0x8000_0000u, FlowControlError)]
    [InlineData(Http2SettingId.MaxFrameSize, 16_383u, ProtocolError)]
    [InlineData(Http2SettingId.MaxFrameSize, 16_384u, NoError)]
    [InlineData(Http2SettingId.MaxFrameSize, 16_777_216u, ProtocolError)]
    [InlineData(Http2SettingId.EnableConnectProtocol, 2u, ProtocolError)]
    [InlineData((Http2SettingId)0x99, 7u, NoError)]
    public void Setting_Row_GetsItsVerdict(Http2SettingId id, uint value, Http2ErrorCode error) => Assert.Equal(error, new Http2Setting(id, value).Check());
}
