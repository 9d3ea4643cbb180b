using System.Globalization;
using System.Text;

namespace Weft.World.DataPath.Faults;

/// <summary>Reads one message's content by its head and compares every byte with the pattern it must have.</summary>
internal sealed class ContentReader(Wire wire, int id)
{
    internal long Bytes { get; private set; }

    internal string? Wrong { get; private set; }

    /// <summary>True: it came to its end.</summary>
    internal async Task<bool> ReadAsync(string head, bool isRequest)
    {
        if (Field(head, "transfer-encoding") is "chunked")
        {
            return await ReadChunksAsync();
        }

        if (Field(head, "content-length") is { } length)
        {
            return await ReadBytesAsync(long.Parse(length, CultureInfo.InvariantCulture));
        }

        return isRequest || await ReadToEndAsync();
    }

    internal static string? Field(string head, string name) => head.Split("\r\n").Skip(1)
        .Where(l => l.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(l => l[(name.Length + 1)..].Trim()).FirstOrDefault();

    private async Task<bool> ReadBytesAsync(long count)
    {
        while (count > 0)
        {
            if (wire.Unread.IsEmpty && !await wire.FillAsync())
            {
                return false;
            }

            int piece = (int)Math.Min(count, wire.Unread.Length);
            Check(wire.Unread[..piece]);
            wire.Take(piece);
            count -= piece;
        }

        return true;
    }

    private async Task<bool> ReadChunksAsync()
    {
        while (await ReadLineAsync() is { } line)
        {
            int size = int.Parse(line, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                return await ReadLineAsync() is "";
            }

            if (!await ReadBytesAsync(size) || await ReadLineAsync() is not "")
            {
                return false;
            }
        }

        return false;
    }

    private async Task<bool> ReadToEndAsync()
    {
        do
        {
            Check(wire.Unread);
            wire.Take(wire.Unread.Length);
        }
        while (await wire.FillAsync());

        return true;
    }

    private async Task<string?> ReadLineAsync()
    {
        int end;
        while ((end = wire.Unread.IndexOf("\r\n"u8)) < 0)
        {
            if (!await wire.FillAsync())
            {
                return null;
            }
        }

        string line = Encoding.Latin1.GetString(wire.Unread[..end]);
        wire.Take(end + 2);
        return line;
    }

    private void Check(ReadOnlySpan<byte> piece)
    {
        if (Wrong is null && Pattern.FirstWrong(id, Bytes, piece) is >= 0 and var wrong)
        {
            Wrong = $"a wrong byte {wrong} of {id}";
        }

        Bytes += piece.Length;
    }
}
