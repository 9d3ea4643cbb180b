namespace Weft.ControlPlane.Workloads;

/// <summary>One pod of a Deployment as the plan needs it.</summary>
/// <param name="IsCurrent">Made from the template as it is now.</param>
internal sealed record ReplicaPod(string Name, bool IsCurrent, bool IsReady, DateTimeOffset Created);

/// <summary>
/// Which pods to make and which to delete next. Pure; called again after every change, so each step may be small.
/// Kubernetes' defaults for a rolling update: a quarter more (at least one) at once, a quarter fewer (rounded down).
/// </summary>
internal sealed record RolloutPlan(IReadOnlyList<string> Create, IReadOnlyList<string> Delete)
{
    /// <param name="nameOf">The stable name of a replica of the current template by its ordinal.</param>
    public static RolloutPlan Make(int replicas, bool recreate, IReadOnlyList<ReplicaPod> pods, Func<int, string> nameOf)
    {
        ReplicaPod[] old = [.. pods.Where(p => !p.IsCurrent).OrderBy(p => p.IsReady).ThenBy(p => p.Created).ThenBy(p => p.Name, StringComparer.Ordinal)];
        string[] wanted = [.. Enumerable.Range(0, replicas).Select(nameOf)];
        HashSet<string> current = [.. pods.Where(p => p.IsCurrent).Select(p => p.Name)];
        string[] missing = [.. wanted.Where(n => !current.Contains(n))];
        string[] surplus = [.. current.Where(n => !wanted.Contains(n)).Order(StringComparer.Ordinal)];
        if (old.Length == 0)
        {
            return new RolloutPlan(missing, surplus);
        }

        if (recreate)
        {
            return new RolloutPlan([], [.. old.Select(o => o.Name), .. surplus]);
        }

        int surge = Math.Max(1, (replicas + 3) / 4);
        int unavailable = replicas / 4;
        int room = Math.Max(0, replicas + surge - pods.Count);
        int ready = pods.Count(p => p.IsReady);
        int notReadyOld = old.Count(o => !o.IsReady); // costs nobody anything
        int spare = Math.Max(0, ready - (replicas - unavailable));
        return new RolloutPlan([.. missing.Take(room)], [.. old.Take(notReadyOld + spare).Select(o => o.Name), .. surplus]);
    }
}
