using System.Collections.Concurrent;

namespace Weft.Compile;

/// <summary>Answers that were given once. Only what exists is remembered: names are asked for by proxies, and nobody bounds the names that do not exist.</summary>
internal sealed class ScopedMemo<T>
    where T : class
{
    private readonly ConcurrentDictionary<(string Name, string Scope), T> _answers = new();

    /// <summary>Two who ask at once may both compile; all get the one that was first.</summary>
    public T? Get(string name, string scopeKey, ClientScope scope, Func<string, ClientScope, T?> compile)
    {
        if (_answers.TryGetValue((name, scopeKey), out T? known))
        {
            return known;
        }
        return compile(name, scope) is { } made ? _answers.GetOrAdd((name, scopeKey), made) : null;
    }
}
