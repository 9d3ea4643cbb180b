using System.Text;

namespace Weft.Primitives.Expressions;

/// <summary>Reads off what every match must hold.</summary>
internal static class Re2Literal
{
    public static byte[] PrefixOf(Re2Node node)
    {
        var text = new StringBuilder();
        Append(node, text);
        return Encoding.UTF8.GetBytes(text.ToString());
    }

    public static IEnumerable<byte[]> RunsOf(Re2Node node)
    {
        var runs = new List<StringBuilder> { new() };
        Collect(node, runs);
        return runs.Where(r => r.Length > 0).Select(r => Encoding.UTF8.GetBytes(r.ToString()));
    }

    /// <summary>True when the node was literal as a whole, so that what follows it continues the prefix.</summary>
    private static bool Append(Re2Node node, StringBuilder text)
    {
        switch (node)
        {
            case Re2Node.Class { Set.Ranges: [var only] } when only.Low == only.High && Rune.IsValid(only.Low):
                text.Append(new Rune(only.Low).ToString());
                return true;
            case Re2Node.Look { What: EmptyLook.BeginText }:
                return true;
            case Re2Node.Group group:
                return Append(group.Inner, text);
            case Re2Node.Concat concat:
                return concat.Parts.All(p => Append(p, text));
            default:
                return false;
        }
    }

    /// <summary>What is not literal ends a run; what is repeated at least once holds runs of its own.</summary>
    private static void Collect(Re2Node node, List<StringBuilder> runs)
    {
        switch (node)
        {
            case Re2Node.Class { Set.Ranges: [var only] } when only.Low == only.High && Rune.IsValid(only.Low):
                runs[^1].Append(new Rune(only.Low).ToString());
                break;
            case Re2Node.Look or Re2Node.Nothing:
                break;
            case Re2Node.Group group:
                Collect(group.Inner, runs);
                break;
            case Re2Node.Concat concat:
                foreach (var part in concat.Parts)
                {
                    Collect(part, runs);
                }

                break;
            case Re2Node.Repeat { Min: > 0 } repeat:
                runs.Add(new StringBuilder());
                Collect(repeat.Inner, runs);
                runs.Add(new StringBuilder());
                break;
            default:
                runs.Add(new StringBuilder());
                break;
        }
    }
}
