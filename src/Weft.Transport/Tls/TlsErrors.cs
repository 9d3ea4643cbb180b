using System.Text;
using Weft.Transport.Native;

namespace Weft.Transport.Tls;

/// <summary>libssl's error queue as text. Only failed connections pay for it.</summary>
internal static unsafe class TlsErrors
{
    private const int TextBytesMax = 256;

    internal static string Take(string fallback)
    {
        nuint code = LibCrypto.ERR_get_error();
        if (code == 0)
        {
            return fallback;
        }

        byte* text = stackalloc byte[TextBytesMax];
        LibCrypto.ERR_error_string_n(code, text, TextBytesMax);
        LibCrypto.ERR_clear_error();
        return Text(text);
    }

    internal static string Text(byte* text) =>
        text is null ? string.Empty : Encoding.UTF8.GetString(System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(text));
}
