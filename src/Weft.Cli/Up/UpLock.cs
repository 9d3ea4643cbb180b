using System.Globalization;
using Weft.Cli.Frame;
using Weft.Primitives;
using Weft.Transport.Processes;

namespace Weft.Cli.Up;

/// <summary>One `weft up` per WEFT_HOME; a file beside the lock names its process for `weft down`. The kernel drops the lock with the process.</summary>
internal sealed class UpLock : IDisposable
{
    private readonly FileStream _file;

    private UpLock(FileStream file) => _file = file;

    public static UpLock Take(WeftHome home)
    {
        try
        {
            // FileShare.None is what .NET makes an exclusive flock of.
            var file = new FileStream(LockIn(home), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
            File.WriteAllText(ProcessIn(home), Environment.ProcessId.ToString(CultureInfo.InvariantCulture));
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
            using var file = new FileStream(LockIn(home), FileMode.Open, FileAccess.ReadWrite, FileShare.None);
            return null; // nobody holds it: the process that stands beside it is gone
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (IOException) when (File.Exists(ProcessIn(home)))
        {
            return int.TryParse(File.ReadAllText(ProcessIn(home)), CultureInfo.InvariantCulture, out int pid) && Reaper.Send(pid, 0) ? pid : null;
        }
    }

    public void Dispose() => _file.Dispose();

    private static string LockIn(WeftHome home) => Path.Combine(home.Run, "up.lock");

    // Apart from the lock: .NET locks for readers too.
    private static string ProcessIn(WeftHome home) => Path.Combine(home.Run, "up.pid");
}
