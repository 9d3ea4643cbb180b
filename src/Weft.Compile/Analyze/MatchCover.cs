using Weft.Dialects.Fields;

namespace Weft.Compile.Analyze;

/// <summary>Whether one HTTPMatchRequest takes every request that another takes. False where that cannot be told.</summary>
internal static class MatchCover
{
    private static readonly string[] Ignored = ["name", "statPrefix", "ignoreUriCase"];

    public static bool Covers(Field wide, Field narrow) =>
        wide["ignoreUriCase"].IsTrue == narrow["ignoreUriCase"].IsTrue && wide.Entries.Where(e => !Ignored.Contains(e.Key)).All(e => Part(e.Key, e.Value, narrow[e.Key]));

    private static bool Part(string name, Field wide, Field narrow)
    {
        switch (name)
        {
            case "uri" when wide["prefix"].Text == "/":
                return true;
            case "uri" or "scheme" or "method" or "authority":
                return Text(wide, narrow);
            case "headers" or "queryParams":
                return wide.Entries.All(h => narrow[h.Key].Exists && (wide[h.Key].Count == 0 || Text(wide[h.Key], narrow[h.Key])));
            case "sourceLabels":
                return wide.Entries.All(l => narrow[l.Key].Text == l.Value.Text);
            case "gateways":
                return narrow.Count > 0 && narrow.Texts.All(g => wide.Texts.Contains(g));
            default:
                return narrow.Exists && wide.Node?.ToJsonString() == narrow.Node?.ToJsonString();
        }
    }

    private static bool Text(Field wide, Field narrow)
    {
        if (wide["exact"].Exists)
        {
            return narrow["exact"].Exists && narrow["exact"].Text == wide["exact"].Text;
        }
        if (wide["prefix"].Exists)
        {
            Field begins = narrow["exact"].Exists ? narrow["exact"] : narrow["prefix"];
            return begins.Exists && begins.Text.StartsWith(wide["prefix"].Text, StringComparison.Ordinal);
        }
        return wide["regex"].Text == ".*" ? narrow.Count > 0 : wide["regex"].Exists && wide["regex"].Text == narrow["regex"].Text;
    }
}
