using System.Runtime.InteropServices;
using Weft.Proxy.Draining;
using Weft.Proxy.Handover;
using Weft.Proxy.Overload;
using Weft.Telemetry.Logging;
using Weft.Transport;
using Weft.Transport.Processes;

namespace Weft.Proxy.Static;

/// <summary><c>weft-proxy static --config FILE</c>: serves a fixed configuration until a signal ends it, or starts it anew from the file as it then is.</summary>
public static class StaticCommand
{
    private const int Done = 0;
    private const int Failed = 1;
    private const int WrongCommandLine = 2;
    private const int BadInput = 4;

    public static int Run(ReadOnlySpan<string> args)
    {
        int handover = -1;
        if (args is not ["--config", var file] && (args is not ["--config", _, SelfRestart.Option, var number] || !int.TryParse(number, out handover)))
        {
            Console.Error.WriteLine("usage: weft-proxy static --config FILE.json");
            return WrongCommandLine;
        }

        file = args[1];
        try
        {
            if (Open(file, handover) is not var (proxy, limits, drain))
            {
                return Failed;
            }

            using (proxy)
            {
                var log = new EventLog(Console.OpenStandardError(), TimeProvider.System);
                using var guard = new ProxyGuard(
                    new LoopWatchdog(proxy.Path.Loops.Select(static l => l.Loop), WatchdogLimits.Default), new OverloadGuard(proxy.Path, limits, log), log);
                guard.Start();
                proxy.KeepMemoryAtRest();
                return new StaticRun(proxy, drain, file).Run();
            }
        }
        catch (Exception e) when (e is InvalidDataException or IOException or UnauthorizedAccessException)
        {
            Console.Error.WriteLine($"weft-proxy: {file}: {e.Message}");
            return BadInput;
        }
    }

    /// <summary>Serves, and keeps nothing of what the file said but models. Null, and why is written: the process before this one does not let it.</summary>
    private static (StaticProxy Proxy, OverloadLimits Limits, DrainTerms Drain)? Open(string file, int handover)
    {
        StaticConfig config = StaticConfig.Parse(File.ReadAllText(file));
        config.Limits = config.Limits.WithSystems();
        config.LoopLimits = config.LoopLimits with { BlockBytesMax = config.Limits.BlockBytesOf(config.Loops) };
        var book = new ListenerBook();
        HandoverTaker? before = handover < 0 ? null : HandoverTaker.Take(handover, book);
        StaticProxy proxy = StaticProxy.Prepare(config, book, Console.OpenStandardOutput);
        if (before?.Claim() is { } refusal)
        {
            Console.Error.WriteLine($"weft-proxy: {refusal}; the process before this one serves on");
            proxy.Dispose();
            return null;
        }

        proxy.Open(config);
        return (proxy, config.Limits, config.Drain);
    }

    /// <summary>What ends the process: the first signal, or the next process that serves in its place. Owned by the main thread.</summary>
    private sealed class StaticRun(StaticProxy proxy, DrainTerms drain, string file)
    {
        private readonly SelfRestart _self = new(["static", "--config", file]);
        private readonly TaskCompletionSource<DrainScope> _over = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _restarting;

        public int Run()
        {
            using var interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, Stop);
            using var terminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, Stop);
            using var replace = PosixSignalRegistration.Create((PosixSignal)(int)Signal.User2, Replace);
            Console.Error.WriteLine($"weft-proxy: serving {file}, process {Environment.ProcessId}");
            DrainScope scope = _over.Task.GetAwaiter().GetResult();
            if (scope == DrainScope.All)
            {
                Console.Error.WriteLine("weft-proxy: another process serves; this one finishes what it has");
            }

            proxy.Leave(scope, scope == DrainScope.All ? drain.Restart : drain.Stop);
            return Done;
        }

        private void Stop(PosixSignalContext context)
        {
            context.Cancel = true;
            _over.TrySetResult(DrainScope.Inbound);
        }

        private void Replace(PosixSignalContext context)
        {
            context.Cancel = true;
            if (_over.Task.IsCompleted || Interlocked.Exchange(ref _restarting, 1) != 0)
            {
                Say("a restart is under way already");
            }
            else if (_self.TryBegin(proxy.Path.Listeners, isAppReady: true, Ended) is { } refusal)
            {
                Ended(refusal);
            }
        }

        private void Ended(string? failure)
        {
            Volatile.Write(ref _restarting, 0);
            if (failure is null)
            {
                _over.TrySetResult(DrainScope.All);
            }
            else
            {
                Say(failure);
            }
        }

        private static void Say(string why) => Console.Error.WriteLine($"weft-proxy: {why}; this process serves on");
    }
}
