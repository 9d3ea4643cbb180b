using System.Text;

namespace Weft.Policy;

/// <summary>A piece of configuration in both of its forms: bytes for the live path, text for people. Immutable.</summary>
public sealed class Utf8Text
{
    public Utf8Text(string text) => Text = text;

    public static Utf8Text Empty { get; } = new(string.Empty);

    public string Text { get; }

    public ReadOnlySpan<byte> Span => Bytes;

    public ReadOnlyMemory<byte> Memory => Bytes;

    public bool IsEmpty => Text.Length == 0;

    // Made with the first request that needs them: many texts are for people alone. Two loops may make them at once; either will do.
    private byte[] Bytes => field ??= Encoding.UTF8.GetBytes(Text);

    public override string ToString() => Text;

    /// <summary>Null for the empty string: "not set" in the schema.</summary>
    public static Utf8Text? OrNull(string text) => text.Length == 0 ? null : new Utf8Text(text);
}
