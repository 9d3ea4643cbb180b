using System.Net;
using System.Net.WebSockets;
using Weft.Conformance.GatewayApi.Kit;
using static Weft.Conformance.GatewayApi.Kit.Names;
using static Weft.Conformance.GatewayApi.Kit.Row;

namespace Weft.Conformance.GatewayApi.Rows;

/// <summary>Shares, mirrors, time limits, retries, protocols of backends, and TLS listeners.</summary>
internal static class HttpRouteTrafficRows
{
    private static readonly string[] Core = [Feature.Gateway, Feature.HttpRoute];
    private static readonly (string, string)[] EditedSent = [("X-Header-Remove", "remove-val"), ("X-Header-Add-Append", "append-val-1")];
    private static readonly (string, string)[] EditedSeen =
        [("X-Header-Add", "header-val-1"), ("X-Header-Add-Append", "append-val-1,header-val-2"), ("X-Header-Set", "set-overwrites-values")];

    public static IEnumerable<GatewayTest> All =>
    [
        new("HTTPRouteWeight", Core, ["tests/httproute-weight.yaml"], static async run =>
        {
            IPAddress address = await run.AttachedAsync("same-namespace", "weighted-backends");
            await run.ExpectAsync(address, Get("/").To("", Infra));
            await Shares.HoldAsync(async ct => (await Probe.SendAsync(new IPEndPoint(address, 80), Get("/"), ct)).Pod, (V1, 0.7), (V2, 0.3), (V3, 0.0));
        }),
        new("HTTPRouteRequestHeaderModifierBackendWeights", [.. Core, "HTTPRouteBackendRequestHeaderModification"], ["tests/httproute-request-header-modifier-backend-weights.yaml"], BackendWeightsAsync),
        new("HTTPRouteRequestMirror", [.. Core, "HTTPRouteRequestMirror"], ["tests/httproute-request-mirror.yaml"], static async run =>
        {
            IPAddress address = await run.AcceptedAsync("same-namespace", "HTTPRoute", "request-mirror");
            await MirroredAsync(run, address, Get("/mirror").To(V1), V2);
            await MirroredAsync(run, address, Get("/mirror-and-modify-headers").With(EditedSent).SeesHeaders(EditedSeen).SeesNot("X-Header-Remove").To(V1), V2);
        }),
        new("HTTPRouteRequestMultipleMirrors", [.. Core, "HTTPRouteRequestMirror", "HTTPRouteRequestMultipleMirrors"], ["tests/httproute-request-multiple-mirrors.yaml"], static async run =>
        {
            IPAddress address = await run.AcceptedAsync("same-namespace", "HTTPRoute", "request-multiple-mirrors");
            await MirroredAsync(run, address, Get("/multi-mirror").To(V1), V2, V3);
            await MirroredAsync(run, address, Get("/multi-mirror-and-modify-request-headers").With(EditedSent).SeesHeaders(EditedSeen).SeesNot("X-Header-Remove").To(V1), V2, V3);
        }),
        new("HTTPRouteRequestPercentageMirror", [.. Core, "HTTPRouteRequestPercentageMirror"], ["tests/httproute-request-percentage-mirror.yaml"], static async run =>
        {
            IPAddress address = await run.AttachedAsync("same-namespace", "request-percentage-mirror");
            await MirrorShareAsync(run, address, Get("/percent-mirror").To(V1), 0.20);
            await MirrorShareAsync(run, address, Get("/percent-mirror-fraction").To(V1), 0.50);
            await MirrorShareAsync(run, address, Get("/percent-mirror-and-modify-headers").With(EditedSent).SeesHeaders(EditedSeen).To(V1), 0.35);
        })
        {
            Provisional = true,
        },
        new("HTTPRouteTimeoutRequest", [.. Core, "HTTPRouteRequestTimeout"], ["tests/httproute-timeout-request.yaml"], static async run =>
            await run.ExpectAsync(await run.AttachedAsync("same-namespace", "request-timeout"),
                Get("/request-timeout"), Get("/request-timeout?delay=1s").Status(504), Get("/disable-request-timeout?delay=1s"))),
        new("HTTPRouteTimeoutBackendRequest", [.. Core, "HTTPRouteBackendTimeout"], ["tests/httproute-timeout-backend-request.yaml"], static async run =>
            await run.ExpectAsync(await run.AttachedAsync("same-namespace", "backend-request-timeout"),
                Get("/backend-timeout"), Get("/backend-timeout?delay=1s").Status(504), Get("/disable-backend-timeout?delay=1s"))),
        new("HTTPRouteRetry", [.. Core, "HTTPRouteRetry"], ["tests/httproute-retry.yaml"], RetryAsync),
        new("HTTPRouteBackendProtocolH2C", [.. Core, "HTTPRouteBackendProtocolH2C"], ["tests/httproute-backend-protocol-h2c.yaml"], static async run =>
            await run.ExpectAsync(await run.AcceptedAsync("same-namespace", "HTTPRoute", "backend-protocol-h2c"), Get("/").To(V1) with { Http2 = true })),
        new("HTTPRouteBackendProtocolWebSocket", [.. Core, "HTTPRouteBackendProtocolWebSocket"], ["tests/httproute-backend-protocol-websocket.yaml"], WebSocketAsync),
        new("HTTPRouteHTTPSListener", Core, ["tests/httproute-https-listener.yaml"], static async run =>
            await run.ExpectAsync(await run.AttachedAsync("same-namespace-with-https-listener", "httproute-https-test", "httproute-https-test-no-hostname"), 443,
                Get("example.org", "/").Over("example.org").To(V1), Get("unknown-example.org", "/").Over("unknown-example.org").Status(404),
                Get("second-example.org", "/").Over("second-example.org").To(V2))),
        new("HTTPRouteHTTPSListenerDetectMisdirectedRequests", [.. Core, "GatewayHTTPSListenerDetectMisdirectedRequests"],
            ["tests/httproute-https-listener-detect-misdirected-requests.yaml"], MisdirectedAsync),
    ];

    private static async Task BackendWeightsAsync(SuiteRun run)
    {
        IPAddress address = await run.AttachedAsync("same-namespace", "request-header-modifier-backend-weights");
        await run.ExpectAsync(address, Get("/").To("", Infra));
        for (int i = 0; i < 100; i++)
        {
            Captured got = await Probe.SendAsync(new IPEndPoint(address, 80), Get("/"), CancellationToken.None);
            string said = (string?)got.Seen["headers"]?["Backend"]?[0] ?? (string?)got.Seen["headers"]?["backend"]?[0] ?? "nothing";
            Assert.StartsWith(said, got.Pod, StringComparison.Ordinal);
        }
    }

    private static async Task MirroredAsync(SuiteRun run, IPAddress address, Row row, params string[] mirrors)
    {
        Row tagged = row with { Path = $"{row.Path}?request-id={Guid.NewGuid():N}" };
        await run.ExpectAsync(address, tagged);
        foreach (string mirror in mirrors)
        {
            await Convergence.OnceAsync($"{mirror} sees the mirrored {tagged.Path}", _ =>
                Task.FromResult(run.Mesh.Pods.Of(Infra, mirror).Any(p => p.Received.Contains(tagged.Path)) ? null : "no such request"));
        }
    }

    /// <summary>Three standard deviations of the binomial distribution around the share, as in the suite; five attempts.</summary>
    private static async Task MirrorShareAsync(SuiteRun run, IPAddress address, Row row, double share)
    {
        await run.ExpectAsync(address, row);
        double margin = 3 * Math.Sqrt(Shares.Requests * share * (1 - share));
        int count = 0;
        for (int attempt = 0; attempt < 5; attempt++)
        {
            string path = $"{row.Path}?request-id={Guid.NewGuid():N}";
            await Shares.SampleAsync(async ct => (await Probe.SendAsync(new IPEndPoint(address, 80), row with { Path = path }, ct)).Pod);
            int Count() => run.Mesh.Pods.Of(Infra, V2).Sum(p => p.Received.Count(r => r == path));
            await SettledAsync(Count);
            count = Count();
            if (Math.Abs(count - (Shares.Requests * share)) <= margin)
            {
                return;
            }
        }

        Assert.Fail($"{row.Path}: {count} of {Shares.Requests} were mirrored instead of {share:P0}");
    }

    /// <summary>Mirrors are not waited for by the proxy, so the last come after the answers: until a count stays.</summary>
    private static Task SettledAsync(Func<int> count)
    {
        int last = -1;
        return Convergence.OnceAsync("mirrored requests have arrived", _ =>
        {
            (int before, last) = (last, count());
            return Task.FromResult(before == last ? null : $"{last} so far");
        });
    }

    private static async Task RetryAsync(SuiteRun run)
    {
        IPAddress address = await run.AttachedAsync("same-namespace", "retries");
        foreach ((string path, int code, int failures, int status) in ((string, int, int, int)[])
            [
                ("code-500-attempts-3", 500, 2, 200), ("code-500-attempts-3", 500, 4, 500), ("code-500-attempts-3", 503, 2, 503),
                ("code-all-attempts-2", 500, 1, 200), ("code-all-attempts-2", 500, 3, 500), ("code-all-attempts-2", 502, 1, 200), ("code-all-attempts-2", 502, 3, 502),
                ("code-all-attempts-2", 503, 1, 200), ("code-all-attempts-2", 503, 3, 503), ("code-all-attempts-2", 504, 1, 200), ("code-all-attempts-2", 504, 3, 504),
            ])
        {
            await Convergence.HoldsAsync($"{path} after {failures} × {code} gives {status}", async ct =>
            {
                // A new id each time: the backend counts failures by it.
                Row row = Get($"/retry/{path}?responseCode={code}&succeedAfter={failures}&uuid={Guid.NewGuid():N}").To(V3).Status(status);
                return (await Probe.SendAsync(new IPEndPoint(address, 80), row, ct)).Differs(row);
            });
        }
    }

    private static async Task WebSocketAsync(SuiteRun run)
    {
        IPAddress address = await run.AcceptedAsync("same-namespace", "HTTPRoute", "backend-protocol-ws");
        await Convergence.HoldsAsync("a WebSocket echoes text and bytes", async ct =>
        {
            using var socket = new ClientWebSocket();
            try
            {
                await socket.ConnectAsync(new Uri($"ws://{address}/ws"), ct);
                return await EchoesAsync(socket, "Websocket Support!"u8.ToArray(), WebSocketMessageType.Text, ct) && await EchoesAsync(socket, [1, 2, 3, 4, 5, 6, 7], WebSocketMessageType.Binary, ct)
                    ? null : "something else came back";
            }
            catch (WebSocketException e)
            {
                return e.Message;
            }
        });
    }

    private static async Task<bool> EchoesAsync(ClientWebSocket socket, byte[] message, WebSocketMessageType type, CancellationToken ct)
    {
        await socket.SendAsync(message, type, endOfMessage: true, ct);
        byte[] buffer = new byte[256];
        WebSocketReceiveResult got = await socket.ReceiveAsync(buffer, ct);
        return got.MessageType == type && buffer.AsSpan(0, got.Count).SequenceEqual(message);
    }

    private static async Task MisdirectedAsync(SuiteRun run)
    {
        const string Name = "https-listener-detect-misdirected-requests-test-";
        IPAddress address = await run.AttachedAsync("same-namespace-with-https-listener", Name + "1", Name + "2", Name + "3", Name + "4");
        Row At(string serverName, string host) => Get(host, "/detect-misdirected-requests").Over(serverName) with { Http2 = true };
        await run.ExpectAsync(address, 443,
            At("example.org", "example.org").To(V1), At("example.org", "second-example.org").Status(421), At("example.org", "unknown-example.org").Status(404),
            At("second-example.org", "second-example.org").To(V2), At("second-example.org", "example.org").Status(421), At("second-example.org", "unknown-example.org").Status(421),
            At("third-example.wildcard.org", "third-example.wildcard.org").To(V3), At("third-example.wildcard.org", "fith-example.wildcard.org").To(V3),
            At("third-example.wildcard.org", "fourth-example.wildcard.org").Status(421), At("third-example.wildcard.org", "second-example.org").Status(421),
            At("third-example.wildcard.org", "unknown-example.org").Status(421), At("fourth-example.wildcard.org", "fourth-example.wildcard.org").To(V1),
            At("fourth-example.wildcard.org", "fith-example.wildcard.org").Status(421), At("unknown-example.org", "example.org").To(V1), At("unknown-example.org", "unknown-example.org").Status(404));
    }
}
