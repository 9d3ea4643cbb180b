using System.Text;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using Weft.Node.Processes;
using Weft.Transport.Processes;

namespace Weft.Node.Pods;

/// <summary>One weft-proxy process as its supervisor sees it. Owned by <see cref="ProxyProcess"/>.</summary>
internal sealed class ProxyInstance : IDisposable
{
    private readonly ChildProcess _child;
    private readonly SupervisedLine _line;
    private readonly SafeFileHandle _gate;
    private readonly Task _reading;
    private readonly TaskCompletionSource _ready = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private ProxyInstance(ChildProcess child, SupervisedLine line, SafeFileHandle gate, Action<ProxyInstance, string, JsonObject> said)
    {
        _child = child;
        _line = line;
        _gate = gate;
        _reading = line.ReadAsync((name, json) => Received(name, json, said), CancellationToken.None);
    }

    public int Pid => _child.Pid;

    /// <summary>It listens and serves.</summary>
    public Task Ready => _ready.Task;

    /// <summary>The process has ended, or does not speak to us any more.</summary>
    public Task Gone => Task.WhenAny(_child.Exited, _reading);

    /// <param name="start">Which proxy, and what it inherits of the pod.</param>
    /// <param name="document">What it is started with; the numbers of its descriptors are put into it.</param>
    /// <param name="before">The socket to the process whose listeners it takes over, or null.</param>
    /// <param name="said">Called with each of its events.</param>
    /// <exception cref="SystemCallException">It cannot be started.</exception>
    /// <exception cref="FileNotFoundException">There is no weft-proxy.</exception>
    public static ProxyInstance Start(ProxyStart start, JsonObject document, SafeFileHandle? before, Action<ProxyInstance, string, JsonObject> said)
    {
        var (ours, theirs) = Descriptor.StreamPair();
        var (gate, theirGate) = Descriptor.MessagePair();
        using (theirs)
        using (theirGate)
        {
            var line = new SupervisedLine(ours);
            try
            {
                return new ProxyInstance(Spawn(start, document, [theirs, theirGate, before]), line, gate, said);
            }
            catch
            {
                line.Dispose();
                gate.Dispose();
                throw;
            }
        }
    }

    public Task SendAsync(string command, string text = "") => _line.SendAsync(command, text: text);

    /// <summary>Lets it give its listeners over <paramref name="socket"/>. False: it is gone.</summary>
    public async Task<bool> HandOverAsync(SafeFileHandle socket)
    {
        bool isPassed = DescriptorMessages.Send((int)_gate.DangerousGetHandle(), [1], [(int)socket.DangerousGetHandle()]);
        await SendAsync("handover");
        return isPassed;
    }

    /// <summary>End-of-file is how a child learns that it is over.</summary>
    public void Dispose()
    {
        _line.Dispose();
        _gate.Dispose();
    }

    /// <summary>Its end, made by force after <paramref name="grace"/>.</summary>
    public Task<ExitStatus> EndAsync(TimeSpan grace) => _child.EndAsync(grace);

    private static ChildProcess Spawn(ProxyStart start, JsonObject document, SafeFileHandle?[] links)
    {
        var (read, write) = Descriptor.Pipe();
        using (read)
        using (write)
        using (FileStream? output = start.Output is { } file ? new FileStream(file, FileMode.Append, FileAccess.Write, FileShare.ReadWrite) : null)
        using (FileStream nothing = File.OpenRead("/dev/null"))
        {
            // 3 supervisor, 4 the pod's channel where there is one, then the document and what restarts need.
            var descriptors = new List<int> { Number(links[0]) };
            if (start.PodChannel >= 0) { descriptors.Add(start.PodChannel); }
            int documentFd = Pass(descriptors, read);
            document["restartFd"] = Pass(descriptors, links[1]);
            document["handoverFd"] = links[2] is null ? -1 : Pass(descriptors, links[2]);
            int log = output is null ? -1 : (int)output.SafeFileHandle.DangerousGetHandle();
            ChildProcess child = ChildProcess.Start(new SpawnRequest(Binaries.Proxy, [start.Mode, "--bootstrap-fd", documentFd.ToString()])
            {
                Descriptors = descriptors,
                StandardInput = (int)nothing.SafeFileHandle.DangerousGetHandle(),
                StandardOutput = log,
                StandardError = log,
                Group = SpawnGroup.Session,
            });
            read.Dispose();
            Descriptor.Write((int)write.DangerousGetHandle(), Encoding.UTF8.GetBytes(document.ToJsonString())); // far below the pipe's 64 KiB
            return child;
        }
    }

    /// <summary>The number it has in the child.</summary>
    private static int Pass(List<int> descriptors, SafeFileHandle? handle)
    {
        descriptors.Add(Number(handle));
        return Bootstrap.SupervisorFd + descriptors.Count - 1;
    }

    private static int Number(SafeFileHandle? handle) => (int)(handle ?? throw new ArgumentNullException(nameof(handle))).DangerousGetHandle();

    private void Received(string name, JsonObject json, Action<ProxyInstance, string, JsonObject> said)
    {
        if (name == "ready") { _ready.TrySetResult(); }
        said(this, name, json);
    }
}
