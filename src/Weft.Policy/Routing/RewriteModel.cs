using Weft.Model.V1;
using Weft.Policy.Matching;
using Weft.Primitives.Expressions;

namespace Weft.Policy.Routing;

/// <summary>What came of a rewrite.</summary>
public enum RewriteStatus : byte
{
    /// <summary>There is nothing to change; nothing was written.</summary>
    Unchanged,
    Written,

    /// <summary>The result does not fit into the space given.</summary>
    TooLarge,
}

/// <summary>Changes of path and authority on the way out. Immutable.</summary>
public sealed class RewriteModel
{
    private readonly Re2? _regex;

    private RewriteModel(Rewrite rewrite, Re2? regex)
    {
        _regex = regex;
        FullPath = rewrite.PathCase is Rewrite.PathOneofCase.Full ? new Utf8Text(rewrite.Full) : null;
        PrefixPath = rewrite.PathCase is Rewrite.PathOneofCase.Prefix ? new Utf8Text(rewrite.Prefix) : null;
        Substitution = regex is null ? null : new Utf8Text(rewrite.Regex.Substitution);
        Authority = Utf8Text.OrNull(rewrite.Authority);
        AuthorityFromEndpoint = rewrite.AuthorityFromEndpoint;
    }

    public Utf8Text? FullPath { get; }

    public Utf8Text? PrefixPath { get; }

    public Utf8Text? Substitution { get; }

    public string? Regex => _regex?.Pattern;

    public Utf8Text? Authority { get; }

    public bool AuthorityFromEndpoint { get; }

    internal bool ChangesPath => FullPath is not null || PrefixPath is not null || _regex is not null;

    internal static RewriteModel? Compile(Rewrite? rewrite, string field, ProblemSink problems)
    {
        if (rewrite is null || (rewrite.PathCase is Rewrite.PathOneofCase.None && rewrite.Authority.Length == 0 && !rewrite.AuthorityFromEndpoint))
        {
            return null;
        }

        Re2? regex = null;
        if (rewrite.PathCase is Rewrite.PathOneofCase.Regex && !Re2.TryParse(rewrite.Regex.Match, out regex, out string? error))
        {
            problems.Add($"{field}.regex", $"'{rewrite.Regex.Match}': {error} Regular expressions are RE2.");
        }
        else if (regex is not null && regex.CheckSubstitution(rewrite.Regex.Substitution) is { } wrong)
        {
            problems.Add($"{field}.regex", wrong);
            regex = null;
        }

        return new RewriteModel(rewrite, regex);
    }

    /// <summary>The new path without its query, which stays as it was.</summary>
    internal RewriteStatus WritePath(ReadOnlySpan<byte> path, MatchModel match, Span<byte> destination, out int written)
    {
        written = 0;
        if (FullPath is not null)
        {
            return PathSplice.TryWrite(FullPath.Span, default, destination, out written) ? RewriteStatus.Written : RewriteStatus.TooLarge;
        }

        if (PrefixPath is not null)
        {
            var rest = PathSplice.AfterMatch(path, match);
            return PathSplice.TryWrite(PrefixPath.Span, rest, destination, out written) ? RewriteStatus.Written : RewriteStatus.TooLarge;
        }

        if (_regex is null || Substitution is null)
        {
            return RewriteStatus.Unchanged;
        }

        written = _regex.ReplaceAll(path, Substitution.Span, destination);
        return written < 0 ? RewriteStatus.TooLarge : RewriteStatus.Written;
    }
}

/// <summary>Joins a new path to what was left of the old one.</summary>
internal static class PathSplice
{
    /// <summary>
    /// What follows the matched part: after a prefix the rest, after an exact path or a regex nothing, since they matched the whole. A route
    /// that has no path condition matched the prefix "/".
    /// </summary>
    public static ReadOnlySpan<byte> AfterMatch(ReadOnlySpan<byte> path, MatchModel match) => match.Path switch
    {
        null => path.IsEmpty ? path : path[1..],
        { Invert: true } => default,
        { Kind: TextMatchKind.Prefix or TextMatchKind.PathPrefix } prefix => path[Math.Min(prefix.Value.Length, path.Length)..],
        _ => default,
    };

    /// <summary>Never makes "//" at the joint, never an empty or relative path (Gateway API HTTPPathModifier; istio#8076 for "/").</summary>
    public static bool TryWrite(ReadOnlySpan<byte> head, ReadOnlySpan<byte> rest, Span<byte> destination, out int written)
    {
        written = 0;
        if (head.EndsWith("/"u8) && rest.StartsWith("/"u8))
        {
            rest = rest[1..];
        }

        bool slash = head.IsEmpty ? !rest.StartsWith("/"u8) : head[0] != (byte)'/';
        int length = head.Length + rest.Length + (slash ? 1 : 0);
        if (length > destination.Length)
        {
            return false;
        }

        if (slash)
        {
            destination[written++] = (byte)'/';
        }

        head.CopyTo(destination[written..]);
        written += head.Length;
        rest.CopyTo(destination[written..]);
        written += rest.Length;
        return true;
    }
}
