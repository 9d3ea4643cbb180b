using Weft.Policy.Routing;
using Weft.Telemetry.Metrics;
using Weft.Wire.Http1;
using HttpMethod = Weft.Wire.Http1.HttpMethod;

namespace Weft.Proxy.Forwarding;

/// <summary>Copies of requests that nobody waits for. Their answers are read and thrown away; what goes wrong with them is nobody's fault but theirs.</summary>
internal static class Mirroring
{
    /// <summary>Copies under way on one loop; more are left out, since a slow mirror must not eat the proxy's memory.</summary>
    private const int UnderWayMax = 256;

    /// <summary>On the way of every request; does nothing but look when there is no mirror.</summary>
    internal static void Start(Exchange x, ForwardModel forward)
    {
        for (int i = 0; i < forward.Mirrors.Length; i++)
        {
            if (x.Decision.Mirrors(i))
            {
                Start(x, forward.Mirrors[i].Cluster.Text);
            }
        }
    }

    private static void Start(Exchange x, string cluster)
    {
        RequestHead request = x.Client.Request;
        if (request.Upgrade is not UpgradeKind.None || request.MethodKind is HttpMethod.Connect)
        {
            return; // in a tunnel both ends talk, and nobody could speak for the mirror's client
        }

        if (x.Loop.MirrorsUnderWay >= UnderWayMax)
        {
            x.Loop.Telemetry.Counters.Count(LoopCounter.MirrorsDropped);
            return;
        }

        var copy = new MirrorCopy(x, cluster);
        if (request.Framing is not BodyFraming.None)
        {
            (x.Mirrored ??= new MirroredContent(x.Replay)).Add(copy);
        }

        x.Loop.Loop.Supervise(copy.RunAsync(), "mirror");
    }
}
