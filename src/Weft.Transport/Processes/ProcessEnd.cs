using Weft.Transport.Native;

namespace Weft.Transport.Processes;

/// <summary>The end of this process.</summary>
public static class ProcessEnd
{
    /// <summary>At once: nothing is run any more that a stuck thread could hold up.</summary>
    public static void Now(int code) => Libc._exit(code);
}
