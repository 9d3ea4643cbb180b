using System.CommandLine;
using System.Text.Json.Nodes;
using Weft.Cli.Frame;
using Weft.Cli.Up;
using Weft.Transport.Processes;

namespace Weft.Cli.Commands;

/// <summary>`weft down`: what Ctrl-C does to `weft up`, from elsewhere.</summary>
internal static class DownCommand
{
    private static readonly TimeSpan StopMax = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    public static Command Create() =>
        new WeftCommand("down", "Stop the mesh that `weft up` runs here; its data is kept",
            ("stop it", "weft down"),
            ("stop the one of another home", "WEFT_HOME=/tmp/other weft down")).Runs(async (context, ct) =>
        {
            if (UpLock.Holder(context.Home) is not { } pid)
            {
                context.Output.Write(new JsonObject { ["stopped"] = false }, o => o.Line($"No mesh runs in {context.Home.Path}."));
                return ExitCode.Done;
            }

            Reaper.Send(pid, (int)Signal.Terminate);
            long until = Environment.TickCount64 + (long)StopMax.TotalMilliseconds;
            while (UpLock.Holder(context.Home) == pid)
            {
                if (Environment.TickCount64 > until) { throw CommandException.No($"process {pid} has not ended after {StopMax.TotalSeconds:0} s", $"kill -9 {pid} ends it and everything it started."); }
                await Task.Delay(LookEvery, ct);
            }

            context.Output.Write(new JsonObject { ["stopped"] = true, ["pid"] = pid }, o => o.Line("The mesh is down."));
            return ExitCode.Done;
        });
}
