using System.Collections.Immutable;
using Weft.Model.V1;

namespace Weft.Policy.Routing;

/// <summary>A header field as configured; the name is lower case.</summary>
public sealed record FieldModel(Utf8Text Name, Utf8Text Value);

/// <summary>Header changes of one level. Within a level removals come first, then set, then add. Immutable.</summary>
public sealed class HeaderEditsModel
{
    private HeaderEditsModel(HeaderEdits edits)
    {
        Remove = [.. edits.Remove.Select(n => new Utf8Text(n.ToLowerInvariant()))];
        Set = Fields(edits.Set);
        Add = Fields(edits.Add);
    }

    public static HeaderEditsModel None { get; } = new(new HeaderEdits());

    public ImmutableArray<Utf8Text> Remove { get; }

    public ImmutableArray<FieldModel> Set { get; }

    public ImmutableArray<FieldModel> Add { get; }

    public bool IsEmpty => Remove.IsEmpty && Set.IsEmpty && Add.IsEmpty;

    internal static HeaderEditsModel Compile(HeaderEdits? edits) =>
        edits is null || edits.Set.Count + edits.Add.Count + edits.Remove.Count == 0 ? None : new HeaderEditsModel(edits);

    private static ImmutableArray<FieldModel> Fields(IEnumerable<HeaderField> fields) =>
        [.. fields.Select(f => new FieldModel(new Utf8Text(f.Name.ToLowerInvariant()), new Utf8Text(f.Value)))];
}
