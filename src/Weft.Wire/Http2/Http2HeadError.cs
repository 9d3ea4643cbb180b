namespace Weft.Wire.Http2;

/// <summary>The rule of RFC 9113 §8 that a field section broke; the stream ends with PROTOCOL_ERROR (§8.1.1).</summary>
public enum Http2HeadError : byte
{
    None = 0,
    NameInvalid,
    ValueInvalid,
    PseudoUnknown,
    PseudoRepeated,
    PseudoAfterField,
    PseudoMissing,
    PseudoForbidden,
    ConnectionField,
    TeInvalid,
    MethodInvalid,
    SchemeInvalid,
    PathInvalid,
    AuthorityInvalid,
    AuthorityMismatch,
    StatusInvalid,
    ProtocolInvalid,
    ContentLengthInvalid,
    TrailerForbidden,
}
