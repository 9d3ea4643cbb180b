using Weft.ControlPlane.Workloads;

namespace Weft.Unit.ControlPlane;

public sealed class RolloutPlanTests
{
    private static readonly DateTimeOffset Then = DateTimeOffset.UnixEpoch;

    /// <summary>Pods as "name:new|old:ready|waiting", space separated; the answer as "+made -deleted".</summary>
    [Theory]
    [InlineData(3, "", "+n0 +n1 +n2")]
    [InlineData(2, "n0:new:ready n1:new:ready", "")]
    [InlineData(1, "n0:new:ready n1:new:ready n2:new:waiting", "-n1 -n2")]
    [InlineData(0, "n0:new:ready", "-n0")]
    [InlineData(3, "n0:new:ready n2:new:ready", "+n1")] // a name that is free is taken again
    [InlineData(1, "o0:old:ready", "+n0")] // one more first
    [InlineData(1, "o0:old:ready n0:new:waiting", "")] // and the old one serves until the new one does
    [InlineData(1, "o0:old:ready n0:new:ready", "-o0")]
    [InlineData(1, "o0:old:waiting", "+n0 -o0")] // one that serves nobody costs nobody anything
    [InlineData(4, "o0:old:ready o1:old:ready o2:old:ready o3:old:ready", "+n0 -o0")] // a quarter more, a quarter fewer
    [InlineData(8, "o0:old:ready o1:old:ready o2:old:ready o3:old:ready o4:old:ready o5:old:ready o6:old:ready o7:old:ready", "+n0 +n1 -o0 -o1")]
    public void RollingUpdate_FromEachState_TakesTheNextStep(int replicas, string pods, string expected)
    {
        Assert.Equal(expected, Text(RolloutPlan.Make(replicas, recreate: false, Read(pods), i => $"n{i}")));
    }

    [Theory]
    [InlineData("o0:old:ready o1:old:ready", "-o0 -o1")]
    [InlineData("", "+n0 +n1")]
    public void Recreate_OldPodsThere_DeletesAllBeforeMakingAny(string pods, string expected)
    {
        Assert.Equal(expected, Text(RolloutPlan.Make(2, recreate: true, Read(pods), i => $"n{i}")));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(7)]
    public void RollingUpdate_RunToItsEnd_NeverServesWithTooFewAndEnds(int replicas)
    {
        List<ReplicaPod> pods = [.. Enumerable.Range(0, replicas).Select(i => new ReplicaPod($"o{i}", false, true, Then))];
        for (int step = 0; pods.Any(p => !p.IsCurrent) || pods.Count != replicas; step++)
        {
            Assert.True(step < 50, "the rollout does not end");
            RolloutPlan plan = RolloutPlan.Make(replicas, recreate: false, pods, i => $"n{i}");
            pods.RemoveAll(p => plan.Delete.Contains(p.Name));
            Assert.True(pods.Count(p => p.IsReady) >= replicas - (replicas / 4));
            pods = [.. pods.Select(p => p with { IsReady = true }), .. plan.Create.Select(n => new ReplicaPod(n, true, false, Then))];
        }
    }

    private static ReplicaPod[] Read(string pods) =>
        [.. pods.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split(':')).Select(p => new ReplicaPod(p[0], p[1] == "new", p[2] == "ready", Then))];

    private static string Text(RolloutPlan plan) => string.Join(' ', plan.Create.Select(n => $"+{n}").Concat(plan.Delete.Select(n => $"-{n}")));
}
