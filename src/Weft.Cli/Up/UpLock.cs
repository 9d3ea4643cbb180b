using System.Globalization;
using Weft.Cli.Frame;
using Weft.Primitives;
using Weft.Transport.Processes;

namespace Weft.Cli.Up;

/// <summary>One `weft up` per WEFT_HOME; the file names its process for `weft down`. The kernel drops the lock with the process.</summary>
internal sealed class UpLock : IDisposable
{
    private readonly FileStream _file;

    private UpLock(FileStream file) => _file = file;

    public static UpLock Take(WeftHome home)
    {
        try
        {
            // FileShare.None is the one share that .NET makes a lock of (flock) for a writer.
            var file = new FileStream(PathIn(home), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            file.SetLength(0);
            file.Write(System.Text.Encoding.ASCII.GetBytes(Environment.ProcessId.ToString(CultureInfo.InvariantCulture)));
            file.Flush();
            return new UpLock(file);
        }
        catch (IOException) when (Holder(home) is { } pid)
        {
            throw CommandException.No($"a mesh runs already in {home.Path} (process {pid})", "Stop it with `weft down`, or use another WEFT_HOME.");
        }
    }

    /// <summary>The process that holds the lock now; null when none does.</summary>
    public static int? Holder(WeftHome home)
    {
        try
        {
            using var file = new FileStream(PathIn(home), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return null; // nobody holds it: what stands in it is of a process that is gone
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException)
        {
            using var reader = new StreamReader(new FileStream(PathIn(home), FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
            return int.TryParse(reader.ReadToEnd(), CultureInfo.InvariantCulture, out int pid) && Reaper.Send(pid, 0) ? pid : null;
        }
    }

    public void Dispose() => _file.Dispose();

    private static string PathIn(WeftHome home) => Path.Combine(home.Run, "up.pid");
}
