using System.Runtime.InteropServices;

namespace Weft.Proxy.Static;

/// <summary><c>weft-proxy static --config FILE</c>: serves a fixed configuration until a signal ends it.</summary>
public static class StaticCommand
{
    private const int WrongCommandLine = 2;
    private const int BadInput = 4;

    public static int Run(ReadOnlySpan<string> args)
    {
        if (args is not ["--config", var file])
        {
            Console.Error.WriteLine("usage: weft-proxy static --config FILE.json");
            return WrongCommandLine;
        }

        try
        {
            using StaticProxy proxy = StaticProxy.Start(StaticConfig.Parse(File.ReadAllText(file)));
            using var ended = new ManualResetEventSlim();
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, c => End(c, ended));
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, c => End(c, ended));
            Console.Error.WriteLine($"weft-proxy: serving {file}");
            ended.Wait();
            return 0;
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"weft-proxy: {file}: {e.Message}");
            return BadInput;
        }
    }

    private static void End(PosixSignalContext context, ManualResetEventSlim ended)
    {
        context.Cancel = true;
        ended.Set();
    }
}
