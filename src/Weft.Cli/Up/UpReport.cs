using System.Text.Json.Nodes;
using Spectre.Console;
using Weft.Cli.Frame;

namespace Weft.Cli.Up;

/// <summary>
/// What `weft up` says while it runs: notices, a status line on a terminal, and one JSON event per line with -o json.
/// Thread-safe: pods report from their own tasks.
/// </summary>
internal sealed class UpReport(CommandOutput output)
{
    private readonly Lock _gate = new();
    private string _status = "";

    public void Notice(string who, string text)
    {
        lock (_gate)
        {
            EraseUnderGate();
            if (output.Format == OutputFormat.Text) { output.Note($"{(who.Length > 0 ? $"{who}: " : "")}{text}"); }
            else { output.WriteItem(new JsonObject { ["event"] = "notice", ["workload"] = who, ["text"] = text }, _ => { }); }
            DrawUnderGate();
        }
    }

    /// <summary>Redrawn in place on a terminal; elsewhere only events and notices are written.</summary>
    public void Status(string text)
    {
        lock (_gate)
        {
            if (text == _status) { return; }
            EraseUnderGate();
            _status = text;
            DrawUnderGate();
        }
    }

    public void Event(JsonObject json, Action<CommandOutput> text)
    {
        lock (_gate)
        {
            EraseUnderGate();
            output.WriteItem(json, text);
            DrawUnderGate();
        }
    }

    public void End()
    {
        lock (_gate)
        {
            EraseUnderGate();
            _status = "";
        }
    }

    private void EraseUnderGate()
    {
        if (output.IsTerminal && output.Format == OutputFormat.Text && _status.Length > 0) { output.Writer.Write("\r\u001b[K"); }
    }

    private void DrawUnderGate()
    {
        if (output.IsTerminal && output.Format == OutputFormat.Text && _status.Length > 0)
        {
            int width = Math.Max(20, output.Terminal.Profile.Width - 1);
            output.Writer.Write(_status.Length > width ? _status[..width] : _status);
            output.Writer.Flush();
        }
    }
}
