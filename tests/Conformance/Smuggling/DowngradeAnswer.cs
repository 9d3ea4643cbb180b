using System.Globalization;
using System.Text;
using Weft.Conformance.Http2;
using Weft.Wire.Http2;

namespace Weft.Conformance.Smuggling;

/// <summary>What a client of HTTP/2 was told on stream 1.</summary>
/// <param name="Status">0: the stream or the connection ended with an error.</param>
/// <param name="Seen">The request that the server says it answers.</param>
internal sealed record DowngradeAnswer(int Status, string Seen)
{
    internal static async Task<DowngradeAnswer> AskAsync(int port, DowngradeCase row)
    {
        using Http2Wire wire = await Http2Wire.ConnectAsync(port);
        await wire.GreetAsync();
        await wire.SendHexAsync(row.Frames);
        var head = new HeaderList();
        var decoder = new HpackDecoder();
        SeenFrame? end = await wire.ReadUntilAsync(f =>
        {
            bool isKnown = head.TryGet(":status"u8, out ReadOnlySpan<byte> before) && before[0] != '1'; // trailers are read past
            if (f is { Type: SeenFrame.Headers, StreamId: 1 } && !isKnown)
            {
                head.Clear();
                Assert.True(decoder.TryDecode(f.Payload, head, int.MaxValue));
            }

            return (f.StreamId == 1 && (f.EndsStream || f.Type == SeenFrame.Reset)) || f.Type == SeenFrame.GoAway;
        });
        if (end is not { EndsStream: true })
        {
            return new DowngradeAnswer(0, "");
        }

        _ = head.TryGet(":status"u8, out ReadOnlySpan<byte> status);
        _ = head.TryGet("x-seen"u8, out ReadOnlySpan<byte> seen);
        return new DowngradeAnswer(int.Parse(status, CultureInfo.InvariantCulture), Encoding.Latin1.GetString(seen));
    }

    /// <param name="seen">"METHOD /path" of the requests that reached the server for this row.</param>
    internal void Check(DowngradeCase row, string[] seen)
    {
        string said = $"the client was told {Status} {Seen}, the server saw [{string.Join(", ", seen)}]";
        if (row.BodyBreaks)
        {
            Assert.True(seen.Length <= 1 && seen.All(s => s.EndsWith(" /first", StringComparison.Ordinal)), said);
            return;
        }

        Assert.True(seen.SequenceEqual(row.Reaching is null ? [] : [row.Reaching]), said);
        Assert.True(Status == row.Status, said);
        Assert.True(row.Status != 200 || Seen == row.Reaching, said);
    }
}
