using System.Text;

namespace Weft.Dialects.Fields;

/// <summary>The way to a field, kept as links and only written out when somebody reads it.</summary>
internal sealed class FieldPath(FieldPath? parent, string name, int index)
{
    public static readonly FieldPath Root = new(null, "", -1);

    public FieldPath Child(string field) => new(this, field, -1);

    public FieldPath Item(int at) => new(this, "", at);

    public override string ToString()
    {
        StringBuilder text = new();
        Write(text);
        return text.ToString();
    }

    private void Write(StringBuilder text)
    {
        if (parent is null)
        {
            return;
        }
        parent.Write(text);
        if (index >= 0)
        {
            text.Append('[').Append(index).Append(']');
        }
        else if (name.AsSpan().IndexOfAny('.', '[', '"') >= 0)
        {
            text.Append("[\"").Append(name).Append("\"]");
        }
        else
        {
            text.Append(text.Length == 0 ? "" : ".").Append(name);
        }
    }
}
