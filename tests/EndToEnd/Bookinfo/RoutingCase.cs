namespace Weft.EndToEnd.Bookinfo;

/// <summary>What one file of Istio's sample must do to live traffic, and what `weft explain` must say beforehand.</summary>
/// <param name="Files">Applied in order; the last is the one under test.</param>
/// <param name="Anonymous">Share in percent of each version of reviews for nobody in particular; empty: not looked at.</param>
/// <param name="Jason">The same for the user jason, when it differs.</param>
public sealed record RoutingCase(string[] Files, string Anonymous, string Jason = "")
{
    public override string ToString() => Files[^1];

    /// <summary>"v1:90 v2:10" → {v1: 90, v2: 10}.</summary>
    public static Dictionary<string, int> Shares(string text) =>
        text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split(':')).ToDictionary(p => p[0], p => int.Parse(p[1]));
}
