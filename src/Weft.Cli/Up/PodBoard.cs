using System.Text.Json.Nodes;
using Weft.Node.Agent;

namespace Weft.Cli.Up;

/// <summary>Which pods are wanted and which are ready, as the control plane says. Pure.</summary>
internal sealed class PodBoard
{
    private readonly Dictionary<string, bool> _ready = new(StringComparer.Ordinal);

    public int Total => _ready.Count;

    public int Ready => _ready.Count(p => p.Value);

    public IEnumerable<string> Waiting => _ready.Where(p => !p.Value).Select(p => p.Key);

    public void Update(IEnumerable<JsonObject> pods)
    {
        _ready.Clear();
        foreach (JsonObject pod in pods) { _ready[PodState.Key(pod)] = PodState.IsReady(pod); }
    }
}
