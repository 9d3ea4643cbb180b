using System.Text;
using Weft.Wire.Http1;

namespace Weft.Http.Http2;

/// <summary>Writes fields that are kept as lines into an HTTP/2 head: names in lower case, connection fields left behind.</summary>
internal static class Http2HeadCopy
{
    /// <summary>Longer names exist only to test limits; they are copied on the heap.</summary>
    private const int NameBytesUsual = 128;

    internal static void WriteFields(Http2Stream to, ReadOnlySpan<byte> head, HeaderTable fields)
    {
        Span<byte> room = stackalloc byte[NameBytesUsual];
        for (int i = 0; i < fields.Count; i++)
        {
            if (fields.IsDropped(i))
            {
                continue;
            }

            HeaderField field = fields[i];
            ReadOnlySpan<byte> value = field.Value.In(head);
            if (field.Known is not KnownHeader.Other)
            {
                to.WriteField(KnownHeaders.NameOf(field.Known), value, field.NeverIndexed);
                continue;
            }

            Span<byte> lower = field.NameLength <= room.Length ? room : new byte[field.NameLength];
            _ = Ascii.ToLower(field.Name.In(head), lower, out int length);
            to.WriteField(lower[..length], value, field.NeverIndexed);
        }
    }

    /// <summary>Lines of our own, whose names are in lower case already.</summary>
    internal static void WriteLines(Http2Stream to, ReadOnlySpan<byte> lines)
    {
        foreach (FieldLines.Line line in new FieldLines(lines))
        {
            to.WriteField(line.LowerName, line.Value);
        }
    }
}
