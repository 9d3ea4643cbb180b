using System.Text;
using Weft.Model.V1;

namespace Weft.Dialects.Istio;

/// <summary>Paths of an AuthorizationPolicy: "{*}" is one segment, "{**}" any number of them; without braces the usual stars.</summary>
internal static class PathTemplate
{
    public static StringMatch Read(string path)
    {
        if (!path.Contains("{*}", StringComparison.Ordinal) && !path.Contains("{**}", StringComparison.Ordinal))
        {
            return AuthorizationReader.Pattern(path);
        }
        StringBuilder regex = new();
        for (int i = 0; i < path.Length; i++)
        {
            ReadOnlySpan<char> rest = path.AsSpan(i);
            if (rest.StartsWith("{**}"))
            {
                regex.Append(".*");
                i += 3;
            }
            else if (rest.StartsWith("{*}"))
            {
                regex.Append("[^/]+");
                i += 2;
            }
            else
            {
                regex.Append(char.IsAsciiLetterOrDigit(path[i]) || path[i] is '/' or '-' or '_' ? "" : "\\").Append(path[i]);
            }
        }
        return new StringMatch { Regex = regex.ToString() };
    }
}
