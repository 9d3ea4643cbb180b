using System.Collections;
using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Transport.Processes;

/// <summary>
/// Starts processes with exactly the descriptors they are given. Not <see cref="System.Diagnostics.Process"/>: that can
/// pass no descriptors, and its child would inherit every one that somebody else left open across exec.
/// </summary>
public static unsafe class Spawner
{
    // posix_spawn_file_actions_t has 80 bytes and posix_spawnattr_t 336 in glibc, less in musl; sigset_t has 128 in both.
    private const int ActionsBytes = 256;
    private const int AttributesBytes = 512;
    private const int SignalSetBytes = 128;
    private const int FirstPassed = 3;
    private const int SignalsMax = 31;

    /// <summary>Returns the process id. The caller reaps it (<see cref="Reaper"/>).</summary>
    /// <exception cref="SystemCallException">Not found, not executable, or out of processes.</exception>
    public static int Start(SpawnRequest request)
    {
        byte* actions = stackalloc byte[ActionsBytes];
        byte* attributes = stackalloc byte[AttributesBytes];
        Check(ProcessCalls.posix_spawn_file_actions_init(actions), "posix_spawn_file_actions_init");
        Check(ProcessCalls.posix_spawnattr_init(attributes), "posix_spawnattr_init");
        List<int> raised = [];
        try
        {
            AddDescriptors(actions, request, raised);
            if (request.WorkingDirectory is { } directory) { Check(ProcessCalls.posix_spawn_file_actions_addchdir_np(actions, directory), directory); }
            SetAttributes(attributes, request.Group);
            return Spawn(request, actions, attributes);
        }
        finally
        {
            foreach (int fd in raised) { Descriptor.Close(fd); }
            _ = ProcessCalls.posix_spawn_file_actions_destroy(actions);
            _ = ProcessCalls.posix_spawnattr_destroy(attributes);
        }
    }

    // Sources are first raised above every target, so that no dup2 overwrites a source that a later one needs.
    private static void AddDescriptors(byte* actions, SpawnRequest request, List<int> raised)
    {
        int floor = FirstPassed + request.Descriptors.Count + 16;
        void Pass(int source, int target)
        {
            if (source < 0) { return; }
            int high = ProcessCalls.fcntl(source, ProcessCalls.F_DUPFD_CLOEXEC, floor);
            if (high < 0) { throw new SystemCallException($"descriptor {source}", ProcessCalls.Error); }
            raised.Add(high);
            Check(ProcessCalls.posix_spawn_file_actions_adddup2(actions, high, target), "dup2");
        }

        Pass(request.StandardInput, 0);
        Pass(request.StandardOutput, 1);
        Pass(request.StandardError, 2);
        for (int i = 0; i < request.Descriptors.Count; i++) { Pass(request.Descriptors[i], FirstPassed + i); }
        try
        {
            Check(ProcessCalls.posix_spawn_file_actions_addclosefrom_np(actions, FirstPassed + request.Descriptors.Count), "closefrom");
        }
        catch (EntryPointNotFoundException)
        {
            // glibc before 2.34: everything of ours is close-on-exec anyway; only strangers' leaks pass.
        }
    }

    // The runtime ignores SIGPIPE and a shell may have blocked or ignored others; a child starts with a clean table.
    private static void SetAttributes(byte* attributes, SpawnGroup group)
    {
        byte* set = stackalloc byte[SignalSetBytes];
        _ = ProcessCalls.sigemptyset(set);
        Check(ProcessCalls.posix_spawnattr_setsigmask(attributes, set), "sigmask");
        for (int signal = 1; signal <= SignalsMax; signal++)
        {
            if (signal is not ((int)Signal.Kill or (int)Signal.Stop)) { _ = ProcessCalls.sigaddset(set, signal); }
        }

        Check(ProcessCalls.posix_spawnattr_setsigdefault(attributes, set), "sigdefault");
        int flags = ProcessCalls.SPAWN_SETSIGDEF | ProcessCalls.SPAWN_SETSIGMASK | group switch
        {
            SpawnGroup.Own => ProcessCalls.SPAWN_SETPGROUP,
            SpawnGroup.Session => ProcessCalls.SPAWN_SETSID,
            _ => 0,
        };
        Check(ProcessCalls.posix_spawnattr_setflags(attributes, (short)flags), "spawn flags");
    }

    private static int Spawn(SpawnRequest request, byte* actions, byte* attributes)
    {
        using var arguments = new StringArray([request.File, .. request.Arguments]);
        using var environment = new StringArray(Environment(request));
        int pid;
        int error = ProcessCalls.posix_spawnp(&pid, request.File, actions, attributes, arguments.Pointers, environment.Pointers);
        return error == 0 ? pid : throw new SystemCallException(request.File, error);
    }

    private static IEnumerable<string> Environment(SpawnRequest request)
    {
        if (request.Environment is { } given) { return given.Select(p => $"{p.Key}={p.Value}"); }
        return System.Environment.GetEnvironmentVariables().Cast<DictionaryEntry>().Select(e => $"{e.Key}={e.Value}");
    }

    private static void Check(int error, string what)
    {
        if (error != 0) { throw new SystemCallException(what, error); }
    }

    /// <summary>A null-terminated array of C strings, freed with it.</summary>
    private sealed class StringArray : IDisposable
    {
        private readonly int _count;

        public StringArray(IEnumerable<string> strings)
        {
            string[] all = [.. strings];
            _count = all.Length;
            Pointers = (byte**)NativeMemory.AllocZeroed((nuint)(_count + 1), (nuint)sizeof(byte*));
            for (int i = 0; i < all.Length; i++)
            {
                byte[] utf8 = Encoding.UTF8.GetBytes(all[i]);
                Pointers[i] = (byte*)NativeMemory.AllocZeroed((nuint)utf8.Length + 1);
                utf8.CopyTo(new Span<byte>(Pointers[i], utf8.Length));
            }
        }

        public byte** Pointers { get; }

        public void Dispose()
        {
            for (int i = 0; i < _count; i++) { NativeMemory.Free(Pointers[i]); }
            NativeMemory.Free(Pointers);
        }
    }
}
