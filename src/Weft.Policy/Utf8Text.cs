using System.Text;

namespace Weft.Policy;

/// <summary>A piece of configuration in both of its forms: bytes for the live path, text for people. Immutable.</summary>
public sealed class Utf8Text
{
    private readonly byte[] _bytes;

    public Utf8Text(string text)
    {
        Text = text;
        _bytes = Encoding.UTF8.GetBytes(text);
    }

    public static Utf8Text Empty { get; } = new(string.Empty);

    public string Text { get; }

    public ReadOnlySpan<byte> Span => _bytes;

    public ReadOnlyMemory<byte> Memory => _bytes;

    public bool IsEmpty => _bytes.Length == 0;

    public override string ToString() => Text;

    /// <summary>Null for the empty string: "not set" in the schema.</summary>
    public static Utf8Text? OrNull(string text) => text.Length == 0 ? null : new Utf8Text(text);
}
