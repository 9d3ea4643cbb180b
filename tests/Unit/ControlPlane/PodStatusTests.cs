using System.Text.Json.Nodes;
using Weft.ControlPlane.Observe;
using Weft.ControlPlane.Registry;
using Weft.Protocol.Discovery.V1;
using Weft.Resources;
using Resource = Weft.Resources.Resource;

namespace Weft.Unit.ControlPlane;

public sealed class PodStatusTests
{
    private static readonly DateTimeOffset Now = new(2026, 11, 22, 12, 0, 0, TimeSpan.Zero);

    [Theory]
    [InlineData(true, false, true)]
    [InlineData(false, false, false)]
    [InlineData(true, true, false)]
    public void Report_ReadyAndDraining_DecideTheReadyCondition(bool ready, bool draining, bool expected)
    {
        Resource pod = PodStatus.WithReport(Pod(), Report(r => (r.Ready, r.Draining) = (ready, draining)), "host-1", Now)!;

        Assert.Equal(expected, PodStatus.IsTrue(pod, "Ready"));
        Assert.Equal("Running", (string)pod.Status!["phase"]!);
        Assert.Equal(expected, (bool)pod.Status["containerStatuses"]![0]!["ready"]!);
    }

    [Fact]
    public void Report_OfAddresses_BecomesAnnotations()
    {
        Resource pod = PodStatus.WithReport(Pod(), Report(r => (r.InboundAddress, r.InboundPort, r.MetricsPort, r.PeerProtocol) = ("::1", 41, 42, "weft/1")), "host-1", Now)!;

        Assert.Equal("[::1]:41", pod.Annotations[PodAnnotations.InboundAddress]);
        Assert.Equal("weft/1", pod.Annotations[PodAnnotations.PeerProtocol]);
        Assert.Equal("42", pod.Annotations[PodAnnotations.MetricsPort]);
        Assert.Equal("host-1", pod.Annotations[PodAnnotations.Host]);
        Assert.DoesNotContain(PodAnnotations.InboundSocket, pod.Annotations.Keys);
    }

    [Fact]
    public void Report_SaidBefore_ChangesNothing()
    {
        Resource pod = PodStatus.WithReport(Pod(), Report(_ => { }), "h", Now)!;

        Assert.Null(PodStatus.WithReport(pod, Report(_ => { }), "h", Now.AddHours(1)));
    }

    [Fact]
    public void Silence_OfAReadyPod_LeavesItReady()
    {
        Resource pod = PodStatus.WithReport(Pod(), Report(r => r.Ready = true), "h", Now)!;

        Resource silent = PodStatus.WithoutStream(pod, Now.AddMinutes(1))!;

        Assert.True(PodStatus.IsTrue(silent, "Ready"));
        Assert.False(PodStatus.IsTrue(silent, PodStatus.Connected));
    }

    [Fact]
    public void PrometheusTargets_OfPodsWithMetrics_NameTheProxies()
    {
        Resource pod = PodStatus.WithReport(Pod(), Report(r => (r.InboundAddress, r.InboundPort, r.MetricsPort) = ("10.0.0.7", 41, 15090)), "h", Now)!;

        JsonNode group = Assert.Single(PrometheusTargets.Of(ResourceSnapshot.Of([pod, Pod("quiet")])))!;
        Assert.Equal("10.0.0.7:15090", (string)group["targets"]![0]!);
        Assert.Equal("reviews-v1-x", (string)group["labels"]!["pod"]!);
    }

    private static WorkloadStatus Report(Action<WorkloadStatus> with)
    {
        var status = new WorkloadStatus();
        with(status);
        return status;
    }

    private static Resource Pod(string name = "reviews-v1-x") => new((JsonObject)JsonNode.Parse($$$"""
        {"apiVersion":"v1","kind":"Pod","metadata":{"name":"{{{name}}}","namespace":"default"},
         "spec":{"serviceAccountName":"sa","containers":[{"name":"app","image":"app:1"}]},"status":{"podIP":"240.241.0.1","phase":"Pending"}}
        """)!);
}
