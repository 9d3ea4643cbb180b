using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Weft.Proxy.Handover;
using Weft.Proxy.Pod;
using Weft.Proxy.Static;
using Weft.Telemetry.Logging;
using Weft.Transport.Processes;

namespace Weft.Proxy.Host;

/// <summary>The command line of weft-proxy.</summary>
public static class ProxyProgram
{
    /// <summary>A bootstrap is a page of JSON; more is a mistake.</summary>
    private const int BootstrapBytesMax = 1 << 20;

    private const string Help = """
        weft-proxy: the data plane of Weft

          weft-proxy sidecar (--bootstrap-fd N | --bootstrap FILE)   stands beside one workload
          weft-proxy gateway (--bootstrap-fd N | --bootstrap FILE)   lets traffic into or out of the mesh
          weft-proxy pod --channel-fd N --supervisor-fd M -- COMMAND…
                                                                     the agent inside a pod
          weft-proxy static --config FILE                            serves a fixed configuration, without a control plane
          weft-proxy version

        SIGTERM: takes leave of its clients, then ends. SIGUSR2: another process of the same file takes its place (docs/life-cycle.md).
        It is started by `weft up`, `weft run` and `weft proxy`; the bootstrap document is described in docs/options.md.
        Exit codes: 0 done, 1 could not serve, 2 wrong command line, 4 bad bootstrap document, 70 a loop was stuck.
        """;

    public static int Run(string[] arguments)
    {
        switch (arguments)
        {
            case ["version" or "--version"]:
                Console.Out.WriteLine($"weft-proxy {ProxyVersion.Text}");
                return HostExit.Done;
            case ["--help" or "-h" or "help", ..]:
                Console.Out.WriteLine(Help);
                return HostExit.Done;
            case ["pod", .. var rest]:
                return PodAgent.Run(rest);
            case ["static", .. var options]:
                return StaticCommand.Run(options);
            case ["sidecar" or "gateway", "--bootstrap-fd", var number] when int.TryParse(number, out int fd) && fd >= 0:
                return Serve(arguments[0], null, () => BootstrapReader.Read(ReadDescriptor(fd)));
            case ["sidecar" or "gateway", "--bootstrap", var file]:
                return Serve(arguments[0], new SelfRestart(arguments[..3]), () => BootstrapReader.Read(File.ReadAllBytes(file)));
            case ["sidecar" or "gateway", "--bootstrap", var file, SelfRestart.Option, var number] when int.TryParse(number, out int fd) && fd >= 0:
                return Serve(arguments[0], new SelfRestart(arguments[..3]), () => BootstrapReader.Read(File.ReadAllBytes(file)) with { HandoverFd = fd });
            default:
                Console.Error.WriteLine(Help);
                return HostExit.Usage;
        }
    }

    private static int Serve(string mode, SelfRestart? self, Func<Bootstrap> read)
    {
        var log = new EventLog(Console.OpenStandardError(), TimeProvider.System);
        ProxyHost host;
        try
        {
            Bootstrap bootstrap = read();
            host = new ProxyHost(bootstrap with { IsGateway = bootstrap.IsGateway || mode == "gateway" }, self, log);
        }
        catch (Exception e) when (e is BootstrapException or IOException or UnauthorizedAccessException or System.Net.Sockets.SocketException)
        {
            Console.Error.WriteLine($"weft-proxy: {e.Message}");
            return e is BootstrapException ? HostExit.BadBootstrap : HostExit.Failed;
        }

        using (host)
        using (PosixSignalRegistration.Create(PosixSignal.SIGTERM, context => Stop(context, host)))
        using (PosixSignalRegistration.Create(PosixSignal.SIGINT, context => Stop(context, host)))
        using (PosixSignalRegistration.Create((PosixSignal)(int)Signal.User2, context => Replace(context, host)))
        {
            return host.Run();
        }
    }

    private static void Stop(PosixSignalContext context, ProxyHost host)
    {
        context.Cancel = true;
        host.Terminate();
    }

    private static void Replace(PosixSignalContext context, ProxyHost host)
    {
        context.Cancel = true;
        host.Replace();
    }

    private static byte[] ReadDescriptor(int fd)
    {
        using var file = new FileStream(new SafeFileHandle(fd, ownsHandle: true), FileAccess.Read, bufferSize: 0);
        using var all = new MemoryStream();
        byte[] buffer = new byte[4 << 10];
        int read;
        while ((read = file.Read(buffer)) > 0)
        {
            all.Write(buffer, 0, read);
            if (all.Length > BootstrapBytesMax)
            {
                throw new BootstrapException($"The bootstrap is longer than {BootstrapBytesMax} bytes.");
            }
        }

        return all.ToArray();
    }
}
