using Weft.Balancing;
using Weft.Http;
using Weft.Primitives;
using Weft.Proxy.State.Clusters;
using Weft.Telemetry.Metrics;
using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Http1;
using BalancedEndpoint = Weft.Balancing.EndpointModel;

namespace Weft.Proxy.Forwarding;

/// <summary>
/// One copy of one request on its way to a mirror. Holds what the request said, since that may be over first. Content is passed on as it comes and never
/// waited for: what the mirror has not taken yet waits here, and a mirror that falls too far behind is reset. Its loop only.
/// </summary>
internal sealed class MirrorCopy
{
    private const long AnswerMs = 15_000;

    private readonly ProxyLoop _loop;
    private readonly string _clusterName;
    private readonly byte[] _request;
    private readonly MessageVersion _version;
    private readonly BodyFraming _framing;
    private readonly bool _isHttps;
    private readonly bool _acceptsTrailers;
    private readonly LoopSignal _news;
    private readonly LineBuffer _waiting = new();
    private byte[] _trailers = [];
    private HttpClientStream? _upstream;
    private bool _isEnded;
    private bool _isCut;
    private bool _isAnswered;

    internal MirrorCopy(Exchange x, string clusterName)
    {
        _loop = x.Loop;
        _clusterName = clusterName;
        _version = x.Version;
        _framing = x.Client.Request.Framing;
        _isHttps = x.Client.Target.IsHttps;
        _acceptsTrailers = x.Client.Request.AcceptsTrailers;
        _news = new LoopSignal(x.Loop.Loop);
        _request = HeadOf(x);
    }

    /// <summary>More of the content.</summary>
    internal void Take(ReadOnlySpan<byte> bytes)
    {
        if (_isCut || _isAnswered)
        {
            return;
        }

        if (_waiting.Length + bytes.Length > _loop.Parts.Limits.MirrorBytesMax || _loop.MirrorBytesWaiting + bytes.Length > _loop.Parts.Limits.MirrorBytesOfLoopMax)
        {
            Cut();
            return;
        }

        _waiting.Add(bytes);
        _loop.MirrorBytesWaiting += bytes.Length;
        _news.Set();
    }

    /// <summary>That was all of the content.</summary>
    internal void End(ReadOnlySpan<byte> trailers)
    {
        _trailers = trailers.ToArray();
        _isEnded = true;
        _news.Set();
    }

    /// <summary>The rest of the content does not come: a reset, never an end that looks like one.</summary>
    internal void Cut()
    {
        _isCut = true;
        Forget();
        _upstream?.Abort();
        _news.Set();
    }

    /// <remarks>(1) where to (2) head up (3) content up while the answer comes down (4) settle</remarks>
    internal async LoopTask RunAsync()
    {
        _loop.MirrorsUnderWay++;
        bool isDelivered = false;
        try
        {
            Outcome<ClusterState> found = await _loop.Parts.Mesh.Cells.Cluster(_clusterName).GetAsync(_loop.Loop);              // (1)
            isDelivered = found.TryGet(out ClusterState? cluster)
                && EndpointPicker.PickForCopy(_loop, cluster, _version, out UpstreamChoice? choice) == Fault.None && choice is not null
                && await SendAsync(cluster, choice);
        }
        finally
        {
            _isAnswered = true; // whoever still brings content brings it for nothing
            Forget();
            _loop.MirrorsUnderWay--;
        }

        if (!isDelivered)
        {
            _loop.Telemetry.Counters.Count(LoopCounter.MirrorsDropped);
        }
    }

    private async LoopTask<bool> SendAsync(ClusterState cluster, UpstreamChoice choice)
    {
        HttpClientStream? upstream = UpstreamDialer.TryTake(_loop, choice);
        if (upstream is null && !(await UpstreamDialer.OpenAsync(_loop, choice)).TryGet(out upstream))
        {
            return false;
        }

        if (_isCut || !TryWriteHead(choice, upstream))                                                                          // (2)
        {
            upstream.Release(reusable: false);
            return false;
        }

        _upstream = upstream;
        _loop.Telemetry.Counters.Count(LoopCounter.Mirrors);
        long start = _loop.Loop.NowTicks;
        BalancedEndpoint? endpoint = choice.Endpoint?.Balanced;
        if (endpoint is not null)
        {
            cluster.Balancer.Started(endpoint);
        }

        bool hasContent = _framing is not BodyFraming.None;
        upstream.SetReadDeadline(hasContent ? (long)_loop.Parts.Limits.BodyStall.TotalMilliseconds : AnswerMs);
        LoopTask<bool> content = hasContent ? SendContentAsync(upstream) : new LoopTask<bool>(true);                            // (3)
        Fault fault = await SkipAnswerAsync(upstream);
        _isAnswered = true;
        _upstream = null;
        if (fault != Fault.None)
        {
            upstream.Abort(); // ends a wait for room
        }

        _news.Set();
        bool isWhole = await content;
        if (endpoint is not null)                                                                                               // (4)
        {
            TimeSpan took = System.Diagnostics.Stopwatch.GetElapsedTime(start, _loop.Loop.NowTicks);
            AttemptReport report = _isCut ? default : new AttemptReport(fault == Fault.None ? upstream.Response.Status : 0, fault, took);
            cluster.Balancer.Ended(endpoint, report, _loop.Now);
        }

        upstream.Release(reusable: fault == Fault.None && isWhole);
        return fault == Fault.None && !_isCut;
    }

    private bool TryWriteHead(UpstreamChoice choice, HttpClientStream upstream)
    {
        var head = new RequestHead();
        head.Reset();
        if (head.Read(_request, _loop.Parts.Limits.Http1) is not ReadStatus.Done)
        {
            return false; // what our side added made it longer than a head may be
        }

        head.Fields.Drop(KnownHeader.Host);
        var lines = new LineBuffer();
        if (choice.IsPeer)
        {
            RequestWriter.WritePeerLines(lines, _loop, choice, _version);
        }

        upstream.WriteHead(new OutgoingRequest
        {
            Method = head.Method.In(_request),
            MethodKind = head.MethodKind,
            Path = head.RawPath.In(_request),
            QueryWithMark = head.HasQuery ? _request.AsSpan((head.RawQuery.Start - 1)..head.RawQuery.End) : default,
            Authority = head.RawAuthority.In(_request),
            IsHttps = _isHttps,
            Head = _request,
            Fields = head.Fields,
            Lines = lines.Bytes,
            Framing = _framing,
            AcceptsTrailers = _acceptsTrailers,
        });
        return true;
    }

    /// <summary>Passes on what has come, whenever the mirror has room for it. False: it did not get to the end.</summary>
    private async LoopTask<bool> SendContentAsync(HttpClientStream upstream)
    {
        while (!_isCut && !_isAnswered)
        {
            upstream.Write(_waiting.Bytes);
            Forget();
            if (_isEnded)
            {
                upstream.End(_trailers);
                upstream.SetReadDeadline(AnswerMs);
                return true;
            }

            if (!await upstream.FlushAsync())
            {
                return false;
            }

            if (_waiting.Length == 0 && !_isEnded && !_isCut && !_isAnswered)
            {
                _news.Reset();
                await _news;
            }
        }

        return false;
    }

    /// <summary>Reads an answer that nobody wants, to its end.</summary>
    private static async LoopTask<Fault> SkipAnswerAsync(HttpClientStream upstream)
    {
        Fault fault;
        while ((fault = await upstream.ReadHeadAsync()) == Fault.None && upstream.Response.IsInterim)
        {
            upstream.TakeHead();
        }

        if (fault != Fault.None)
        {
            return fault;
        }

        upstream.TakeHead();
        while (fault == Fault.None)
        {
            upstream.Consume(upstream.Content.Length);
            if (upstream.Content.IsEmpty && upstream.IsEnded)
            {
                return Fault.None;
            }

            fault = upstream.Content.IsEmpty ? await upstream.ReadAsync() : Fault.None;
        }

        return fault;
    }

    private void Forget()
    {
        _loop.MirrorBytesWaiting -= _waiting.Length;
        _waiting.Clear();
    }

    /// <summary>The request's head as it is sent on, in the form of HTTP/1.1 whatever brought it.</summary>
    private static byte[] HeadOf(Exchange x)
    {
        var copy = new LineBuffer();
        HttpServerStream client = x.Client;
        copy.Add(client.Request.Method.In(client.Head));
        copy.Add(" "u8);
        copy.Add(x.Path.Length > 0 ? x.Path.Bytes : client.Target.Path);
        copy.Add(client.Target.QueryWithMark);
        copy.Add(" HTTP/1.1\r\nhost: "u8);
        copy.Add(x.Decision.Authority is { } rewritten ? rewritten.Span : client.Target.Authority);
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
}
