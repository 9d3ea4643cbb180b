namespace Weft.Wire;

/// <summary>The version of HTTP that a message came in.</summary>
public enum MessageVersion : byte
{
    Http11 = 0,
    Http10 = 1,
    Http20 = 2,
}
