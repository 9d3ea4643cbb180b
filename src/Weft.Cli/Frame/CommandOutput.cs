using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Spectre.Console;

namespace Weft.Cli.Frame;

/// <summary>
/// Where a command writes. The JSON form is the one truth; text is a view of it. Colours and tables only on a terminal
/// and never with NO_COLOR (https://no-color.org).
/// </summary>
internal sealed class CommandOutput
{
    public static readonly JsonSerializerOptions Indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly TextWriter _out;
    private readonly TextWriter _error;

    public CommandOutput(TextWriter output, TextWriter error, OutputFormat format)
    {
        _out = output;
        _error = error;
        Format = format;
        bool noColor = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable("NO_COLOR"));
        IsTerminal = ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;
        Terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = IsTerminal ? AnsiSupport.Detect : AnsiSupport.No,
            ColorSystem = IsTerminal && !noColor ? ColorSystemSupport.Detect : ColorSystemSupport.NoColors,
            Interactive = IsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
        });
    }

    public OutputFormat Format { get; }

    /// <summary>A person is looking: tables, colours and lines that are redrawn make sense.</summary>
    public bool IsTerminal { get; }

    /// <summary>Spectre's console over the same writer, for live views.</summary>
    public IAnsiConsole Terminal { get; }

    public TextWriter Writer => _out;

    /// <summary>Writes a result: <paramref name="json"/> for -o json and yaml, else what <paramref name="text"/> writes.</summary>
    public void Write(JsonNode json, Action<CommandOutput> text)
    {
        switch (Format)
        {
            case OutputFormat.Json:
                _out.WriteLine(json.ToJsonString(Indented));
                break;
            case OutputFormat.Yaml:
                YamlText.Write(_out, json);
                break;
            default:
                text(this);
                break;
        }
    }

    public void Write(JsonNode json, TextTable table, string whenEmpty = "Nothing found.") =>
        Write(json, output =>
        {
            if (table.Count == 0) { output.Line(whenEmpty); }
            else { output.Table(table); }
        });

    /// <summary>One element of a stream: a line of JSON (NDJSON), a YAML document, or text.</summary>
    public void WriteItem(JsonNode json, Action<CommandOutput> text)
    {
        switch (Format)
        {
            case OutputFormat.Json:
                _out.WriteLine(json.ToJsonString());
                break;
            case OutputFormat.Yaml:
                _out.WriteLine("---");
                YamlText.Write(_out, json);
                break;
            default:
                text(this);
                break;
        }

        _out.Flush();
    }

    public void Line(string text = "") => _out.WriteLine(text);

    public void Table(TextTable table)
    {
        if (IsTerminal) { Terminal.Write(table.ToSpectre()); }
        else { table.WritePlain(_out); }
    }

    /// <summary>A remark beside the result; never mixed into it.</summary>
    public void Note(string text) => _error.WriteLine(text);

    /// <summary>Writes a failure and its cure to standard error and returns the exit code.</summary>
    public int Fail(int exitCode, string message, string cure = "")
    {
        if (Format == OutputFormat.Json)
        {
            var json = new JsonObject { ["error"] = message };
            if (cure.Length > 0) { json["cure"] = cure; }
            _error.WriteLine(json.ToJsonString());
            return exitCode;
        }

        _error.WriteLine($"weft: {message}");
        if (cure.Length > 0) { _error.WriteLine($"  {cure}"); }
        return exitCode;
    }
}
