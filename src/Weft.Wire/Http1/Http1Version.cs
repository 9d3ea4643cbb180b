namespace Weft.Wire.Http1;

public enum Http1Version : byte
{
    Http11 = 0,
    Http10 = 1,
}
