using System.Diagnostics;
using System.Net;
using System.Net.Sockets;

namespace Weft.Conformance.Kit;

/// <summary>A server that a test started: its lines are kept, it dies with the test. Owned by its maker.</summary>
internal sealed class ChildProcess : IDisposable
{
    internal static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly Process _process;

    private ChildProcess(Process process)
    {
        _process = process;
        process.OutputDataReceived += (_, e) => Take(Output, e.Data);
        process.ErrorDataReceived += (_, e) => Take(Error, e.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    public LogBook Output { get; } = new();

    public LogBook Error { get; } = new();

    public int Id => _process.Id;

    public bool HasExited => _process.HasExited;

    public static ChildProcess Start(string program, IEnumerable<string> arguments)
    {
        var info = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true, UseShellExecute = false,
        };
        return new ChildProcess(Process.Start(info) ?? throw new InvalidOperationException($"{program} did not start"));
    }

    /// <summary>Types at it.</summary>
    public void Write(string text)
    {
        _process.StandardInput.Write(text);
        _process.StandardInput.Flush();
    }

    /// <summary>A port of 127.0.0.1 that was free a moment ago.</summary>
    public static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    /// <summary>Waits until it accepts; a process that ended instead fails with what it said.</summary>
    public async Task<ChildProcess> AcceptingAsync(int port)
    {
        long end = Environment.TickCount64 + (long)Patience.TotalMilliseconds;
        using var pause = new PeriodicTimer(TimeSpan.FromMilliseconds(20));
        do
        {
            Assert.False(_process.HasExited, $"{_process.StartInfo.FileName} ended at once:\n{Error.Text}\n{Output.Text}");
            using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(IPAddress.Loopback, port);
                return this;
            }
            catch (SocketException)
            {
                // not yet
            }
        }
        while (await pause.WaitForNextTickAsync() && Environment.TickCount64 < end);

        throw new TimeoutException($"{_process.StartInfo.FileName} does not accept on port {port}:\n{Error.Text}");
    }

    public void Dispose()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
            _process.WaitForExit();
        }

        _process.Dispose();
    }

    private static void Take(LogBook book, string? line)
    {
        if (line is not null)
        {
            book.Add(line);
        }
    }
}
