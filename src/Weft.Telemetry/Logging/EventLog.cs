using System.Runtime.CompilerServices;
using System.Text;
using Weft.Telemetry.Buffers;

namespace Weft.Telemetry.Logging;

/// <summary>A peer did it: Debug. An operator should look: Warning. We broke a promise: Error. The process cannot serve: Critical.</summary>
public enum LogLevel
{
    Debug,
    Info,
    Warning,
    Error,
    Critical,
}

/// <summary>One kind of log line. Ids are never reused; each component has a range, written above its events.</summary>
public sealed record LogEvent(int Id, LogLevel Level, string Name);

/// <summary>The process's own log: one JSON object a line on standard error. Any thread; not for the request path, which counts instead.</summary>
public sealed class EventLog(Stream output, TimeProvider time)
{
    private readonly Lock _gate = new();
    private volatile LogLevel _level = LogLevel.Info;

    public LogLevel Level
    {
        get => _level;
        set => _level = value;
    }

    public bool IsEnabled(LogEvent what) => what.Level >= _level;

    /// <summary>The text is not even formatted when the level is off.</summary>
    public void Write(LogEvent what, [InterpolatedStringHandlerArgument("", nameof(what))] ref LogText text)
    {
        if (text.IsEnabled)
        {
            WriteCore(what, text.ToText());
        }
    }

    public void Write(LogEvent what, string text)
    {
        if (IsEnabled(what))
        {
            WriteCore(what, text);
        }
    }

    private void WriteCore(LogEvent what, string text)
    {
        byte[] buffer = new byte[256 + (text.Length * 6)];
        var line = new JsonLine(buffer);
        line.Text("time"u8, time.GetUtcNow().ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
        line.Text("level"u8, what.Level.ToString().ToLowerInvariant());
        line.Number("id"u8, what.Id);
        line.Text("event"u8, what.Name);
        line.Text("message"u8, text);
        line.End();
        lock (_gate)
        {
            try
            {
                output.Write(line.Written);
                output.Flush();
            }
            catch (IOException)
            {
                // Nobody reads our log (a closed pipe, a full disk). The mesh goes on.
            }
        }
    }
}

/// <summary>Formats a log line only when it will be written.</summary>
[InterpolatedStringHandler]
public readonly ref struct LogText
{
    private readonly StringBuilder? _text;

    public LogText(int literalLength, int formattedCount, EventLog log, LogEvent what, out bool enabled)
    {
        enabled = log.IsEnabled(what);
        _text = enabled ? new StringBuilder(literalLength + (formattedCount * 16)) : null;
    }

    public bool IsEnabled => _text is not null;

    public void AppendLiteral(string text) => _text?.Append(text);

    public void AppendFormatted<T>(T value) => _text?.Append(value?.ToString());

    public void AppendFormatted<T>(T value, string format)
        where T : IFormattable => _text?.Append(value?.ToString(format, null));

    public string ToText() => _text?.ToString() ?? "";
}
