using Weft.Conformance.GatewayApi.Kit;
using static Weft.Conformance.GatewayApi.Kit.Names;
using static Weft.Conformance.GatewayApi.Kit.Row;

namespace Weft.Conformance.GatewayApi.Rows;

/// <summary>What rules change in requests and answers: headers, redirects, rewrites.</summary>
internal static class HttpRouteFilterRows
{
    private static readonly string[] Core = [Feature.Gateway, Feature.HttpRoute];
    private static readonly (string, string) SomeOther = ("Some-Other-Header", "val");
    private static readonly (string, string)[] EditedSent = [("X-Header-Remove", "remove-val"), ("X-Header-Add-Append", "append-val-1")];
    private static readonly (string, string)[] EditedSeen =
        [("X-Header-Add", "header-val-1"), ("X-Header-Add-Append", "append-val-1,header-val-2"), ("X-Header-Set", "set-overwrites-values")];

    /// <summary>The same requests for filters of a rule and for filters of a backendRef.</summary>
    public static readonly Row[] RequestHeaders =
    [
        Get("/set").With(SomeOther).SeesHeaders(SomeOther, ("X-Header-Set", "set-overwrites-values")).To(V1),
        Get("/set").With(SomeOther, ("X-Header-Set", "some-other-value")).SeesHeaders(SomeOther, ("X-Header-Set", "set-overwrites-values")).To(V1),
        Get("/add").With(SomeOther).SeesHeaders(SomeOther, ("X-Header-Add", "add-appends-values")).To(V1),
        Get("/add").With(SomeOther, ("X-Header-Add", "some-other-value")).SeesHeaders(SomeOther, ("X-Header-Add", "some-other-value,add-appends-values")).To(V1),
        Get("/remove").With(("X-Header-Remove", "val")).SeesNot("X-Header-Remove").To(V1),
        Get("/multiple").With(("X-Header-Set-2", "set-val-2"), ("X-Header-Add-2", "add-val-2"), ("X-Header-Remove-2", "remove-val-2"), ("Another-Header", "another-header-val"))
            .SeesHeaders(("X-Header-Set-1", "header-set-1"), ("X-Header-Set-2", "header-set-2"), ("X-Header-Add-1", "header-add-1"), ("X-Header-Add-2", "add-val-2,header-add-2"),
                ("X-Header-Add-3", "header-add-3"), ("Another-Header", "another-header-val")).SeesNot("X-Header-Remove-1", "X-Header-Remove-2").To(V1),
        Get("/case-insensitivity").With(("x-header-set", "original-val-set"), ("x-header-add", "original-val-add"), ("x-header-remove", "original-val-remove"), ("Another-Header", "another-header-val"))
            .SeesHeaders(("X-Header-Set", "header-set"), ("X-Header-Add", "original-val-add,header-add"), ("Another-Header", "another-header-val")).SeesNot("x-header-remove").To(V1),
    ];

    private static readonly Row[] ResponseHeaders =
    [
        Get("/set").BackendSets(SomeOther).Answers(SomeOther, ("X-Header-Set", "set-overwrites-values")).To(V1),
        Get("/set").BackendSets(SomeOther, ("X-Header-Set", "some-other-value")).Answers(SomeOther, ("X-Header-Set", "set-overwrites-values")).To(V1),
        Get("/add").BackendSets(SomeOther).Answers(SomeOther, ("X-Header-Add", "add-appends-values")).To(V1),
        Get("/add").BackendSets(SomeOther, ("X-Header-Add", "some-other-value")).Answers(SomeOther, ("X-Header-Add", "some-other-value,add-appends-values")).To(V1),
        Get("/remove").BackendSets(("X-Header-Remove", "val")).AnswersNot("X-Header-Remove").To(V1),
        Get("/multiple").BackendSets(("X-Header-Set-2", "set-val-2"), ("X-Header-Add-2", "add-val-2"), ("X-Header-Remove-2", "remove-val-2"), ("Another-Header", "another-header-val"), ("X-Header-Remove-1", "val"))
            .Answers(("X-Header-Set-1", "header-set-1"), ("X-Header-Set-2", "header-set-2"), ("X-Header-Add-1", "header-add-1"), ("X-Header-Add-2", "add-val-2,header-add-2"),
                ("X-Header-Add-3", "header-add-3"), ("Another-Header", "another-header-val")).AnswersNot("X-Header-Remove-1", "X-Header-Remove-2").To(V1),
        Get("/case-insensitivity").BackendSets(("x-header-set", "original-val-set"), ("x-header-add", "original-val-add"), ("x-header-remove", "original-val-remove"), ("Another-Header", "another-header-val"))
            .Answers(("X-Header-Set", "header-set"), ("X-Header-Add", "original-val-add,header-add"), ("X-Lowercase-Add", "lowercase-add"), ("X-Mixedcase-Add-1", "mixedcase-add-1"),
                ("X-Mixedcase-Add-2", "mixedcase-add-2"), ("X-Uppercase-Add", "uppercase-add"), ("Another-Header", "another-header-val")).AnswersNot("x-header-remove").To(V1),
        Get("/response-and-request-header-modifiers").With([.. EditedSent, ("X-Header-Echo", "echo")])
            .BackendSets(("X-Header-Set-2", "set-val-2"), ("X-Header-Add-2", "add-val-2"), ("X-Header-Remove-2", "remove-val-2"), ("Another-Header", "another-header-val"), ("X-Header-Remove-1", "remove-val-1"), ("X-Header-Echo", "echo"))
            .SeesHeaders([.. EditedSeen, ("X-Header-Echo", "echo")]).SeesNot("X-Header-Remove")
            .Answers(("X-Header-Set-1", "header-set-1"), ("X-Header-Set-2", "header-set-2"), ("X-Header-Add-1", "header-add-1"), ("X-Header-Add-2", "add-val-2,header-add-2"),
                ("Another-Header", "another-header-val"), ("X-Header-Echo", "echo")).AnswersNot("X-Header-Remove-1", "X-Header-Remove-2").To(V1),
    ];

    public static IEnumerable<GatewayTest> All =>
    [
        Table("HTTPRouteRequestHeaderModifier", null, "httproute-request-header-modifier", "request-header-modifier", RequestHeaders),
        Table("HTTPRouteBackendRequestHeaderModifier", "HTTPRouteBackendRequestHeaderModification", "httproute-request-header-modifier-backend", "request-header-modifier", RequestHeaders),
        Table("HTTPRouteResponseHeaderModifier", "HTTPRouteResponseHeaderModification", "httproute-response-header-modifier", "response-header-modifier", ResponseHeaders),
        Table("HTTPRouteRedirectHostAndStatus", null, "httproute-redirect-host-and-status", "redirect-host-and-status",
            Get("/hostname-redirect").RedirectsTo(302, host: "example.org"), Get("/host-and-status").RedirectsTo(301, host: "example.org")),
        Table("HTTPRouteRedirectPath", "HTTPRoutePathRedirect", "httproute-redirect-path", "redirect-path",
            Get("/original-prefix/lemon").RedirectsTo(302, path: "/replacement-prefix/lemon"), Get("/full/path/original").RedirectsTo(302, path: "/full-path-replacement"),
            Get("/path-and-host").RedirectsTo(302, host: "example.org", path: "/replacement-prefix"), Get("/path-and-status").RedirectsTo(301, path: "/replacement-prefix"),
            Get("/full-path-and-host").RedirectsTo(302, host: "example.org", path: "/replacement-full"), Get("/full-path-and-status").RedirectsTo(301, path: "/replacement-full")),
        Table("HTTPRouteRedirectPort", "HTTPRoutePortRedirect", "httproute-redirect-port", "redirect-port",
            Get("/port").RedirectsTo(302, port: "8083"), Get("/port-and-host").RedirectsTo(302, host: "example.org", port: "8083"),
            Get("/port-and-status").RedirectsTo(301, port: "8083"), Get("/port-and-host-and-status").RedirectsTo(302, host: "example.org", port: "8083")),
        Table("HTTPRouteRedirectScheme", "HTTPRouteSchemeRedirect", "httproute-redirect-scheme", "redirect-scheme",
            Get("/scheme").RedirectsTo(302, scheme: "https"), Get("/scheme-and-host").RedirectsTo(302, scheme: "https", host: "example.org"),
            Get("/scheme-and-status").RedirectsTo(301, scheme: "https"), Get("/scheme-and-host-and-status").RedirectsTo(302, scheme: "https", host: "example.org")),
        Table("HTTPRoute303Redirect", "HTTPRoute303RedirectStatusCode", "httproute-303-redirect", "303-redirect", Of("POST", "/see-other").RedirectsTo(303, path: "/see-other")) with { Provisional = true },
        Table("HTTPRoute307Redirect", "HTTPRoute307RedirectStatusCode", "httproute-307-redirect", "307-redirect", Get("/temporary").RedirectsTo(307, path: "/temporary")) with { Provisional = true },
        Table("HTTPRoute308Redirect", "HTTPRoute308RedirectStatusCode", "httproute-308-redirect", "308-redirect", Get("/permanent").RedirectsTo(308, path: "/permanent")) with { Provisional = true },
        new("HTTPRouteRedirectPortAndScheme", [.. Core, "HTTPRoutePortRedirect", "GatewayPort8080"], ["tests/httproute-redirect-port-and-scheme.yaml"], RedirectPortAndSchemeAsync),
        Table("HTTPRouteRewriteHost", "HTTPRouteHostRewrite", "httproute-rewrite-host", "rewrite-host",
            Get("rewrite.example", "/one").Sees(host: "one.example.org").To(V1), Get("rewrite.example", "/two").Sees(host: "example.org").To(V2),
            Get("rewrite.example", "/rewrite-host-and-modify-headers").With(EditedSent).Sees(host: "test.example.org").SeesHeaders(EditedSeen).SeesNot("X-Header-Remove").To(V2)),
        Table("HTTPRouteRewritePath", "HTTPRoutePathRewrite", "httproute-rewrite-path", "rewrite-path",
            Get("/prefix/one/two").Sees("/one/two").To(V1), Get("/strip-prefix/three").Sees("/three").To(V1), Get("/strip-prefix").Sees("/").To(V1), Get("/full/one/two").Sees("/one").To(V1),
            Get("/full/rewrite-path-and-modify-headers/test").With([.. EditedSent, ("X-Header-Set", "set-val")]).Sees("/test").SeesHeaders(EditedSeen).SeesNot("X-Header-Remove").To(V1),
            Get("/prefix/rewrite-path-and-modify-headers/one").With([.. EditedSent, ("X-Header-Set", "set-val")]).Sees("/prefix/one").SeesHeaders(EditedSeen).SeesNot("X-Header-Remove").To(V1)),
    ];

    private static GatewayTest Table(string name, string? feature, string manifest, string route, params Row[] rows) =>
        new(name, feature is null ? Core : [.. Core, feature], [$"tests/{manifest}.yaml"], async run => await run.ExpectAsync(await run.AttachedAsync("same-namespace", route), rows));

    private static async Task RedirectPortAndSchemeAsync(SuiteRun run)
    {
        static Row To(string path, string scheme, string? port = null) => Get(path).RedirectsTo(302, scheme, "example.org", port);
        await run.ExpectAsync(await run.AttachedAsync("same-namespace", "http-route-for-listener-on-port-80"),
            To("/scheme-nil-and-port-nil", "http"), To("/scheme-nil-and-port-80", "http"), To("/scheme-nil-and-port-8080", "http", "8080"),
            To("/scheme-https-and-port-nil", "https"), To("/scheme-https-and-port-443", "https"), To("/scheme-https-and-port-8443", "https", "8443"));
        await run.ExpectAsync(await run.AttachedAsync("same-namespace-with-http-listener-on-8080", "http-route-for-listener-on-port-8080"), 8080,
            To("/scheme-nil-and-port-nil", "http", "8080"), To("/scheme-nil-and-port-80", "http"), To("/scheme-https-and-port-nil", "https"));
        Row[] secured =
        [
            To("/scheme-nil-and-port-nil", "https"), To("/scheme-nil-and-port-443", "https"), To("/scheme-nil-and-port-8443", "https", "8443"),
            To("/scheme-http-and-port-nil", "http"), To("/scheme-http-and-port-80", "http"), To("/scheme-http-and-port-8080", "http", "8080"),
        ];
        await run.ExpectAsync(await run.AttachedAsync("same-namespace-with-https-listener", "http-route-for-listener-on-port-443"), 443,
            [.. secured.Select(r => r.Over("example.org") with { Host = "example.org" })]);
    }
}
