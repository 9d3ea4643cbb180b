using Weft.Protocol.Discovery.V1;

namespace Weft.Proxy.Control;

/// <summary>
/// The resources that this proxy does not serve as they were sent last, by type. A refusal ends only when that very resource is taken, removed or sent
/// no more. Lives across streams. Control loop only.
/// </summary>
internal sealed class RefusalBook
{
    /// <summary>Refusals of one type that are told at once; the others are told as these end.</summary>
    public const int ToldMax = 100;

    /// <summary>Characters of one reason; what a pattern or a policy says in full stands in the proxy's log.</summary>
    public const int ErrorCharsMax = 1024;

    private readonly Dictionary<string, SortedDictionary<string, Refusal>> _types = new(StringComparer.Ordinal);

    public void Refuse(string type, string name, string error) => Of(type)[name] = new Refusal { Name = name, Error = Bounded(error) };

    public void TakePartly(string type, string name, string problem) => Of(type)[name] = new Refusal { Name = name, Error = Bounded(problem), Partly = true };

    public void Forget(string type, string name)
    {
        if (_types.TryGetValue(type, out SortedDictionary<string, Refusal>? refusals))
        {
            refusals.Remove(name);
        }
    }

    /// <summary>A stream begins, and brings whatever this proxy does not hold: what is still bad is refused once more.</summary>
    public void StreamOpens()
    {
        foreach (SortedDictionary<string, Refusal> refusals in _types.Values)
        {
            foreach (string name in refusals.Where(static r => !r.Value.Partly).Select(static r => r.Key).ToArray())
            {
                refusals.Remove(name);
            }
        }
    }

    public RefusalReport Report(string type) =>
        new() { Refusals = { _types.TryGetValue(type, out SortedDictionary<string, Refusal>? refusals) ? refusals.Values.Take(ToldMax) : [] } };

    private SortedDictionary<string, Refusal> Of(string type)
    {
        if (!_types.TryGetValue(type, out SortedDictionary<string, Refusal>? refusals))
        {
            _types[type] = refusals = new SortedDictionary<string, Refusal>(StringComparer.Ordinal);
        }

        return refusals;
    }

    private static string Bounded(string error) => error.Length <= ErrorCharsMax ? error : string.Concat(error.AsSpan(0, ErrorCharsMax), "…");
}
