using System.Net.Sockets;
using System.Runtime.InteropServices;
using Weft.Transport.Processes;
using Signal = Weft.Transport.Processes.Signal;

namespace Weft.Proxy.Pod;

/// <summary>
/// Process 1 of a pod: makes the network, starts the application, gives sockets to the proxy outside, reaps orphans.
/// One thread and one poll; it does nothing while nothing happens. When it ends, the kernel ends all of the pod.
/// </summary>
public static class PodAgent
{
    private const int SupervisorPlace = 0;
    private const int WakePlace = 1;
    private const int LogPlace = 2;
    private const int FirstChannelPlace = 3;

    /// <summary>The inherited one, a proxy's, its successor's, and those of some that died a moment ago. A further one is closed.</summary>
    private const int ChannelsMax = 16;

    public static int Run(ReadOnlySpan<string> arguments)
    {
        if (PodOptions.TryParse(arguments, out string problem) is not { } options)
        {
            Console.Error.WriteLine($"weft-proxy pod: {problem}");
            Console.Error.WriteLine("  It is started by `weft up` and `weft run` inside new namespaces; run one of these instead.");
            return 2;
        }

        var supervisor = new SupervisorLine(options.SupervisorFd);
        try
        {
            using PodNetwork network = options.Plain ? PodNetwork.None() : PodNetwork.Make(options);
            supervisor.Say("pod-ready");
            return new Loop(options, supervisor, network).Run();
        }
        catch (PodSetupException e)
        {
            supervisor.Say("failed", ("step", e.Step), ("text", e.Message), ("cure", e.Cure));
            return 1;
        }
    }

    private sealed class Loop(PodOptions options, SupervisorLine supervisor, PodNetwork network)
    {
        private readonly AppProcess _app = new(options);
        private readonly RefusedTraffic _refused = new(supervisor.Notice);
        private readonly List<SupervisorCommand> _commands = [];
        private readonly byte[] _bytes = new byte[PodMessage.BytesMax];
        private readonly int[] _descriptors = new int[DescriptorMessages.DescriptorsMax];
        private readonly List<int> _channels = [options.ChannelFd];
        private ReaperThread? _reaped; // made with the wake-up pipe, before the first child

        public int Run()
        {
            var (wakeRead, wakeWrite) = Descriptor.Pipe();
            using (wakeRead)
            using (wakeWrite)
            {
                int wake = (int)wakeRead.DangerousGetHandle();
                Descriptor.SetBlocking(wake, blocking: false);
                using Signals signals = new((int)wakeWrite.DangerousGetHandle());
                _reaped = new ReaperThread((int)wakeWrite.DangerousGetHandle());
                StartApp();
                Readiness ready = Watch(wake);
                while (true)
                {
                    ready.Wait(-1);
                    if (ready[WakePlace]) { OnWake(wake); }
                    if (ready[LogPlace]) { network.Log?.Drain(_refused.Add); }
                    if (OnChannels(ready)) { ready = Watch(wake); }
                    if (ready[SupervisorPlace] && !OnSupervisor())
                    {
                        _app.Signal((int)Signal.Kill); // in namespaces the kernel would do it
                        return 0; // nobody left to live for
                    }
                }
            }
        }

        private void StartApp()
        {
            try
            {
                _app.Start();
                _reaped?.ChildStarted();
                supervisor.Say("app-started", ("pid", _app.Pid));
            }
            catch (SystemCallException e)
            {
                // 127 is what a shell says of a command that is not there.
                supervisor.Notice($"The application does not start: {e.Message}");
                supervisor.Say("app-exited", ("code", 127), ("signal", 0));
            }
        }

        private void OnWake(int wake)
        {
            Span<byte> signals = stackalloc byte[64];
            for (int n = Descriptor.Read(wake, signals); n > 0; n = Descriptor.Read(wake, signals))
            {
                foreach (byte signal in signals[..n])
                {
                    if (signal != 0) { _app.Signal(signal); }
                }
            }

            while (_reaped?.TryTake(out int pid, out ExitStatus ended) == true)
            {
                if (_app.Ended(pid)) { supervisor.Say("app-exited", ("code", ended.Code), ("signal", ended.Signal)); }
            }
        }

        private Readiness Watch(int wake) => new([supervisor.Fd, wake, network.Log?.Fd ?? -1, .. _channels]);

        /// <summary>True: a channel was added or is gone.</summary>
        private bool OnChannels(Readiness ready)
        {
            int before = _channels.Count;
            bool isChanged = false;
            for (int i = before - 1; i >= 0; i--)
            {
                if (ready[FirstChannelPlace + i] && !OnChannel(_channels[i]))
                {
                    Descriptor.Close(_channels[i]);
                    _channels.RemoveAt(i);
                    isChanged = true;
                }
            }

            return isChanged || _channels.Count != before;
        }

        /// <summary>False: its other end is gone.</summary>
        private bool OnChannel(int channel)
        {
            int n = DescriptorMessages.Receive(channel, _bytes, _descriptors, out int count);
            bool isMessage = PodMessage.TryRead(_bytes.AsSpan(0, Math.Max(n, 0)), out PodMessage message);
            bool attaches = isMessage && message.Kind == PodMessageKind.Attach && count == 1 && _channels.Count < ChannelsMax;
            foreach (int fd in _descriptors.AsSpan(attaches ? 1 : 0, attaches ? 0 : count)) { Descriptor.Close(fd); } // else a proxy has nothing to pass
            switch (message.Kind)
            {
                case PodMessageKind.Attach when attaches:
                    _channels.Add(_descriptors[0]);
                    break;
                case PodMessageKind.Hello:
                    GiveListeners(channel, message.Session);
                    break;
                case PodMessageKind.Want:
                    GiveSockets(channel, message.Session, Math.Min((int)message.Count, DescriptorMessages.DescriptorsMax));
                    break;
            }

            return n > 0;
        }

        private void GiveListeners(int channel, ulong session)
        {
            PodListeners all = network.Listeners;
            ReadOnlySpan<int> places = [all.OutboundTcp4, all.OutboundTcp6, all.DnsUdp, all.DnsTcp];
            Span<int> open = stackalloc int[PodMessage.ListenerCount];
            byte which = 0;
            int count = 0;
            for (int place = 0; place < places.Length; place++)
            {
                if (places[place] < 0) { continue; }
                which |= (byte)(1 << place);
                open[count++] = places[place];
            }

            _ = new PodMessage(PodMessageKind.Listeners, session, which).Send(channel, open[..count]);
        }

        private void GiveSockets(int channel, ulong session, int wanted)
        {
            Span<int> made = stackalloc int[DescriptorMessages.DescriptorsMax];
            int count = 0;
            string why = "";
            try
            {
                while (count < wanted) { made[count++] = NamespaceSockets.Unconnected(AddressFamily.InterNetwork); }
            }
            catch (SystemCallException e)
            {
                count--;
                why = e.Message;
            }

            PodMessage answer = count > 0
                ? new PodMessage(PodMessageKind.Sockets, session, (byte)count)
                : new PodMessage(PodMessageKind.Refused, session, Text: why);
            _ = answer.Send(channel, made[..count]);
            foreach (int fd in made[..count]) { Descriptor.Close(fd); }
        }

        private bool OnSupervisor()
        {
            _commands.Clear();
            if (!supervisor.TryRead(_commands)) { return false; }
            foreach (SupervisorCommand command in _commands)
            {
                switch (command.Name)
                {
                    case "signal":
                        _app.Signal(command.Number);
                        break;
                    case "start" when _app.Pid == 0:
                        StartApp();
                        break;
                    case "end":
                        return false;
                }
            }

            return true;
        }
    }

    /// <summary>Signals become bytes in a pipe, so that the one poll sees them: the number to pass on, 0 for none.</summary>
    private sealed class Signals : IDisposable
    {
        private readonly int _pipe;
        private readonly List<PosixSignalRegistration> _registrations = [];

        public Signals(int pipe)
        {
            _pipe = pipe;
            Register(PosixSignal.SIGTERM, (byte)Signal.Terminate);
            Register(PosixSignal.SIGHUP, (byte)Signal.Hangup);
            Register(PosixSignal.SIGQUIT, (byte)Signal.Quit);
            Register((PosixSignal)(int)Signal.User1, (byte)Signal.User1);
            Register((PosixSignal)(int)Signal.User2, (byte)Signal.User2);

            // A terminal sends Ctrl-C to the application itself, which is in the same group; twice would be once too often.
            Register(PosixSignal.SIGINT, Descriptor.IsTerminal(0) ? (byte)0 : (byte)Signal.Interrupt);
        }

        public void Dispose() => _registrations.ForEach(r => r.Dispose());

        private void Register(PosixSignal signal, byte asByte) => _registrations.Add(PosixSignalRegistration.Create(signal, context =>
        {
            context.Cancel = true;
            Descriptor.Write(_pipe, [asByte]);
        }));
    }
}
