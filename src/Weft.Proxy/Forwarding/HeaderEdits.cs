using System.Collections.Immutable;
using Weft.Policy;
using Weft.Policy.Routing;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>Applies configured header changes to a head that is passed on: lines that go are marked, lines that come are collected. Most specific level first.</summary>
internal static class HeaderEdits
{
    internal static void Apply(HeaderEditsModel? first, HeaderEditsModel? second, HeaderTable fields, ReadOnlySpan<byte> head, LineBuffer lines)
    {
        if (first is { IsEmpty: false })
        {
            ApplyLevel(first, second, fields, head, lines);
        }

        if (second is { IsEmpty: false })
        {
            ApplyLevel(second, null, fields, head, lines);
        }
    }

    private static void ApplyLevel(HeaderEditsModel level, HeaderEditsModel? later, HeaderTable fields, ReadOnlySpan<byte> head, LineBuffer lines)
    {
        foreach (Utf8Text name in level.Remove)
        {
            fields.Drop(name.Span, head);
        }

        foreach (FieldModel field in level.Set)
        {
            fields.Drop(field.Name.Span, head);
            Add(field, later, lines);
        }

        foreach (FieldModel field in level.Add)
        {
            Add(field, later, lines);
        }
    }

    /// <summary>What a later level sets or removes is not added in the first place.</summary>
    private static void Add(FieldModel field, HeaderEditsModel? later, LineBuffer lines)
    {
        if (later is null || !(Names(later.Remove, field.Name) || Names(later.Set, field.Name)))
        {
            lines.Field(field.Name.Span, field.Value.Span);
        }
    }

    private static bool Names(ImmutableArray<Utf8Text> names, Utf8Text name)
    {
        foreach (Utf8Text candidate in names)
        {
            if (candidate.Span.SequenceEqual(name.Span))
            {
                return true;
            }
        }

        return false;
    }

    private static bool Names(ImmutableArray<FieldModel> fields, Utf8Text name)
    {
        foreach (FieldModel candidate in fields)
        {
            if (candidate.Name.Span.SequenceEqual(name.Span))
            {
                return true;
            }
        }

        return false;
    }
}
