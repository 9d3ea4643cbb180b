namespace Weft.Wire.Http2;

/// <summary>RFC 9113 §6. What is not named here is ignored (§5.5).</summary>
public enum Http2FrameType : byte
{
    Data = 0x0,
    Headers = 0x1,
    Priority = 0x2,
    ResetStream = 0x3,
    Settings = 0x4,
    PushPromise = 0x5,
    Ping = 0x6,
    GoAway = 0x7,
    WindowUpdate = 0x8,
    Continuation = 0x9,
}

/// <summary>Flags of RFC 9113 §6; what a bit means depends on the frame's type: 0x1 is ACK on SETTINGS and PING.</summary>
[Flags]
public enum Http2Flags : byte
{
    None = 0,
    EndStream = 0x1,
    Ack = EndStream,
    EndHeaders = 0x4,
    Padded = 0x8,
    Priority = 0x20,
}
