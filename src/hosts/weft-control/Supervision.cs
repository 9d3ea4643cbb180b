using Microsoft.Extensions.Hosting;
using Microsoft.Win32.SafeHandles;

namespace Weft.Hosts.Control;

/// <summary>The descriptors of whoever started this process: its end is ours, and it learns when we serve.</summary>
internal static class Supervision
{
    /// <summary>Stops the process when the other end of the descriptor closes.</summary>
    public static void Follow(int? descriptor, IHostApplicationLifetime lifetime)
    {
        if (descriptor is not { } number)
        {
            return;
        }

        // A thread of its own: the read blocks for the life of the process.
        Thread reader = new(() =>
        {
            using SafeFileHandle handle = new(number, ownsHandle: true);
            using FileStream stream = new(handle, FileAccess.Read, bufferSize: 0);
            byte[] ignored = new byte[64];
            try
            {
                while (stream.Read(ignored) > 0)
                {
                    // Nothing is said on this line; only its end means something.
                }
            }
            catch (IOException)
            {
                // Reset counts as closed.
            }

            lifetime.StopApplication();
        })
        {
            IsBackground = true,
            Name = "supervisor",
        };
        reader.Start();
    }

    public static void TellReady(int? descriptor)
    {
        if (descriptor is not { } number)
        {
            return;
        }

        using SafeFileHandle handle = new(number, ownsHandle: true);
        using FileStream stream = new(handle, FileAccess.Write, bufferSize: 0);
        stream.Write("ready\n"u8);
    }
}
