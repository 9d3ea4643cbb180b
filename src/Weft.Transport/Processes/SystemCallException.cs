namespace Weft.Transport.Processes;

/// <summary>A system call failed where nothing but ending the operation makes sense.</summary>
public sealed class SystemCallException(string what, int errno) : Exception($"{what}: {ProcessCalls.Describe(errno)}")
{
    public int Errno => errno;
}
