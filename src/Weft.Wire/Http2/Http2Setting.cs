namespace Weft.Wire.Http2;

/// <summary>RFC 9113 §6.5.2, RFC 8441 §3. Others are ignored.</summary>
public enum Http2SettingId : ushort
{
    HeaderTableSize = 0x1,
    EnablePush = 0x2,
    MaxConcurrentStreams = 0x3,
    InitialWindowSize = 0x4,
    MaxFrameSize = 0x5,
    MaxHeaderListSize = 0x6,
    EnableConnectProtocol = 0x8,
}

public readonly record struct Http2Setting(Http2SettingId Id, uint Value)
{
    internal const int Bytes = 6;

    /// <summary>The error that the value is, whoever sent it (§6.5.2).</summary>
    public Http2ErrorCode Check() => Id switch
    {
        Http2SettingId.EnablePush or Http2SettingId.EnableConnectProtocol when Value > 1 => Http2ErrorCode.ProtocolError,
        Http2SettingId.InitialWindowSize when Value > int.MaxValue => Http2ErrorCode.FlowControlError,
        Http2SettingId.MaxFrameSize when Value is < Http2Frame.PayloadBytesDefault or > Http2Frame.PayloadBytesCeiling => Http2ErrorCode.ProtocolError,
        _ => Http2ErrorCode.NoError,
    };
}
