using Weft.Http;
using Weft.Policy.Routing;
using Weft.Primitives;
using Weft.Proxy.State.Clusters;
using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>Copies of requests that nobody waits for. Their answers are read and thrown away; what goes wrong with them is nobody's fault but theirs.</summary>
internal static class Mirroring
{
    /// <summary>Copies under way on one loop; more are left out, since a slow mirror must not eat the proxy's memory.</summary>
    private const int UnderWayMax = 256;

    private const long AnswerMs = 15_000;

    /// <summary>On the way of every request; does nothing but look when there is no mirror.</summary>
    internal static void Start(Exchange x, ForwardModel forward)
    {
        for (int i = 0; i < forward.Mirrors.Length; i++)
        {
            // A body would have to be kept whole for the copy, so only requests without one are copied.
            if (x.Decision.Mirrors(i) && x.Client.IsEnded && x.Loop.MirrorsUnderWay < UnderWayMax)
            {
                x.Loop.Loop.Supervise(SendAsync(x.Loop, forward.Mirrors[i].Cluster.Text, Copy(x)), "mirror");
            }
        }
    }

    /// <summary>Envoy marks copies by the host's suffix.</summary>
    private static byte[] Copy(Exchange x)
    {
        var copy = new LineBuffer();
        HttpServerStream client = x.Client;
        copy.Add(client.Request.Method.In(client.Head));
        copy.Add(" "u8);
        copy.Add(x.Path.Length > 0 ? x.Path.Bytes : client.Target.Path);
        copy.Add(client.Target.QueryWithMark);
        copy.Add(" HTTP/1.1\r\nhost: "u8);
        copy.Add(client.Target.Host);
        copy.Add("-shadow"u8);
        copy.Add(client.Target.Authority[client.Target.Host.Length..]);
        copy.Add("\r\n"u8);
        for (int i = 0; i < client.Request.Fields.Count; i++)
        {
            if (!client.Request.Fields.IsDropped(i))
            {
                copy.Add(client.Request.Fields[i].Line.In(client.Head));
            }
        }

        copy.Add(x.Lines.Bytes);
        copy.Add("\r\n"u8);
        return copy.Bytes.ToArray();
    }

    private static async LoopTask SendAsync(ProxyLoop loop, string clusterName, byte[] request)
    {
        loop.MirrorsUnderWay++;
        Outcome<ClusterState> found = await loop.Parts.Mesh.Cells.Cluster(clusterName).GetAsync(loop.Loop);
        if (found.TryGet(out ClusterState? cluster)
            && EndpointPicker.Pick(loop, cluster, MeshTls.HttpProtocol, default, null, out UpstreamChoice? choice) == Fault.None && choice is not null)
        {
            HttpClientStream? upstream = UpstreamDialer.TryTake(loop, choice);
            if (upstream is not null || (await UpstreamDialer.OpenAsync(loop, choice)).TryGet(out upstream))
            {
                Write(loop, request, choice, upstream);
                upstream.SetReadDeadline(AnswerMs);
                bool isWhole = await upstream.ReadHeadAsync() == Fault.None && !upstream.Response.IsInterim && await SkipAsync(upstream);
                upstream.Release(isWhole);
            }
        }

        loop.MirrorsUnderWay--;
    }

    private static void Write(ProxyLoop loop, byte[] request, UpstreamChoice choice, HttpClientStream upstream)
    {
        var head = new RequestHead();
        head.Reset();
        _ = head.Read(request, loop.Parts.Limits.Http1); // we wrote it from one that was read
        head.Fields.Drop(KnownHeader.Host);
        var lines = new LineBuffer();
        if (choice.IsPeer)
        {
            RequestWriter.WritePeerLines(lines, loop, choice, MessageVersion.Http11);
        }

        upstream.WriteHead(new OutgoingRequest
        {
            Method = head.Method.In(request),
            MethodKind = head.MethodKind,
            Path = head.RawPath.In(request),
            QueryWithMark = head.HasQuery ? request.AsSpan((head.RawQuery.Start - 1)..head.RawQuery.End) : default,
            Authority = head.RawAuthority.In(request),
            Head = request,
            Fields = head.Fields,
            Lines = lines.Bytes,
        });
    }

    /// <summary>Reads the rest of an answer that nobody wants. False: it did not end as it should.</summary>
    private static async LoopTask<bool> SkipAsync(HttpClientStream upstream)
    {
        upstream.TakeHead();
        while (true)
        {
            upstream.Consume(upstream.Content.Length);
            if (upstream.Content.IsEmpty && upstream.IsEnded)
            {
                return true;
            }

            if (upstream.Content.IsEmpty && await upstream.ReadAsync() != Fault.None)
            {
                return false;
            }
        }
    }
}
