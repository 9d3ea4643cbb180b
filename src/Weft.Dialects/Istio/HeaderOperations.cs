using Weft.Dialects.Fields;
using Weft.Model.V1;

namespace Weft.Dialects.Istio;

/// <summary>Istio's header operations. Setting "host" or ":authority" is a rewrite of the authority; other pseudo headers cannot be set.</summary>
internal static class HeaderOperations
{
    public static (HeaderEdits? Edits, string Authority) Read(Field operations)
    {
        if (operations.Count == 0)
        {
            return (null, "");
        }
        HeaderEdits edits = new();
        string added = "";
        string set = "";
        foreach ((string name, Field value) in operations["add"].Entries)
        {
            if (IsAuthority(name))
            {
                added = value.Text;
            }
            else if (!name.StartsWith(':'))
            {
                edits.Add.Add(new HeaderField { Name = name.ToLowerInvariant(), Value = value.Text });
            }
        }
        foreach ((string name, Field value) in operations["set"].Entries)
        {
            if (IsAuthority(name))
            {
                set = value.Text;
            }
            else if (!name.StartsWith(':'))
            {
                edits.Set.Add(new HeaderField { Name = name.ToLowerInvariant(), Value = value.Text });
            }
        }
        edits.Remove.AddRange(operations["remove"].Texts.Where(n => !IsAuthority(n) && !n.StartsWith(':')).Select(n => n.ToLowerInvariant()));
        return (edits.Set.Count + edits.Add.Count + edits.Remove.Count > 0 ? edits : null, set.Length > 0 ? set : added);
    }

    private static bool IsAuthority(string name) => name.Equals("host", StringComparison.OrdinalIgnoreCase) || name == ":authority";
}
