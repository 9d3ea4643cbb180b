using Spectre.Console;

namespace Weft.Cli.Frame;

/// <summary>Rows for people: aligned plain columns when piped, a light table on a terminal.</summary>
internal sealed class TextTable(params string[] columns)
{
    private const int Gap = 3;
    private readonly List<string[]> _rows = [];

    public int Count => _rows.Count;

    public TextTable Row(params string?[] cells)
    {
        var row = new string[columns.Length];
        for (int i = 0; i < row.Length; i++)
        {
            string? cell = i < cells.Length ? cells[i] : null;
            row[i] = string.IsNullOrEmpty(cell) ? "-" : cell;
        }

        _rows.Add(row);
        return this;
    }

    /// <summary>kubectl's form: upper-case headings, columns padded, no trailing blanks; stable for grep and awk.</summary>
    public void WritePlain(TextWriter writer)
    {
        int[] widths = [.. columns.Select((c, i) => Math.Max(c.Length, _rows.Count == 0 ? 0 : _rows.Max(r => r[i].Length)))];
        WriteLine(writer, [.. columns.Select(c => c.ToUpperInvariant())], widths);
        foreach (string[] row in _rows) { WriteLine(writer, row, widths); }
    }

    public Table ToSpectre()
    {
        Table table = new Table().Border(TableBorder.Simple).BorderColor(Color.Grey);
        foreach (string column in columns) { table.AddColumn(new TableColumn(new Text(column, new Style(decoration: Decoration.Bold)))); }
        foreach (string[] row in _rows) { table.AddRow([.. row.Select(cell => new Text(cell, StyleOf(cell)))]); }
        return table;
    }

    private static void WriteLine(TextWriter writer, string[] cells, int[] widths)
    {
        string line = string.Concat(cells.Select((cell, i) => cell.PadRight(widths[i] + Gap)));
        writer.WriteLine(line.TrimEnd());
    }

    // Colour repeats what the word says, so nothing is lost without it.
    private static Style StyleOf(string cell) => cell switch
    {
        "ok" or "ready" or "Ready" or "True" or "yes" or "synced" => new Style(Color.Green),
        "failed" or "Failed" or "not ready" or "False" or "no" or "stale" => new Style(Color.Red),
        "warning" or "starting" or "Pending" or "unknown" or "Unknown" => new Style(Color.Yellow),
        "-" => new Style(Color.Grey),
        _ => Style.Plain,
    };
}
