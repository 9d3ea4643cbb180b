namespace Weft.World.DataPath.Faults;

/// <summary>Content that says whose it is and where: every byte follows from the request's number and the byte's place.</summary>
internal static class Pattern
{
    internal static byte At(int id, long offset) => (byte)((id * 131L) + (offset * 7) + ((offset >> 8) * 29) + ((offset >> 16) * 3));

    internal static byte[] Make(int id, long offset, int count)
    {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++)
        {
            bytes[i] = At(id, offset + i);
        }

        return bytes;
    }

    /// <summary>The place of the first wrong byte, or -1.</summary>
    internal static long FirstWrong(int id, long offset, ReadOnlySpan<byte> bytes)
    {
        for (int i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != At(id, offset + i))
            {
                return offset + i;
            }
        }

        return -1;
    }
}
