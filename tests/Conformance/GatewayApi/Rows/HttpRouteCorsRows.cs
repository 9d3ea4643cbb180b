using Weft.Conformance.GatewayApi.Kit;
using static Weft.Conformance.GatewayApi.Kit.Names;
using static Weft.Conformance.GatewayApi.Kit.Row;

namespace Weft.Conformance.GatewayApi.Rows;

/// <summary>Cross-origin requests: the gateway answers preflights itself and marks answers for the origins it knows.</summary>
internal static class HttpRouteCorsRows
{
    private const string Origin = "access-control-allow-origin";
    private const string Methods = "access-control-allow-methods";
    private const string AllowedHeaders = "access-control-allow-headers";
    private const string Credentials = "access-control-allow-credentials";
    private const string BothHeaders = "x-header-1,x-header-2|x-header-2,x-header-1";

    private static readonly (string, string)[] Detailed =
    [
        (Methods, "GET,OPTIONS|OPTIONS,GET"), (AllowedHeaders, BothHeaders), ("access-control-expose-headers", "x-header-3,x-header-4|x-header-4,x-header-3"),
        ("access-control-max-age", "3600"), (Credentials, "true"),
    ];

    public static IEnumerable<GatewayTest> All =>
    [
        new("HTTPRouteCORS", [Feature.Gateway, Feature.HttpRoute, "HTTPRouteCORS"], ["tests/httproute-cors.yaml"], static async run =>
        {
            System.Net.IPAddress address = await run.AttachedAsync("same-namespace",
                "cors-multiple-origins-methods-headers", "cors-wildcard-methods", "cors-wildcard-origin", "cors-wildcard-methods-headers");
            await run.ExpectAsync(address, [.. Preflights, .. Requests]);
        }),
    ];

    private static IEnumerable<Row> Preflights =>
    [
        Preflight("/cors-1", "https://www.foo.com", "GET", true).Answers([(Origin, "https://www.foo.com"), .. Detailed]),
        Preflight("/cors-1", "https://www.bar.com", "GET", true).Answers([(Origin, "https://www.bar.com"), .. Detailed]),
        Preflight("/cors-1", "https://xpto.www.bar.com", "GET", true).Answers([(Origin, "https://xpto.www.bar.com"), .. Detailed]),
        Preflight("/cors-1", "https://foobar.com", "GET").Status(200, 204, 403).AnswersNot(Origin),
        Preflight("/cors-2", "https://www.foo.com", "POST").Answers((Methods, "POST|*"), (Origin, "https://www.foo.com")).AnswersNot(Credentials),
        Preflight("/cors-wildcard-origin", "https://foobar.com", "PUT").Answers((Origin, "https://foobar.com|*"), (Methods, "PUT")).AnswersNot(Credentials),
        Preflight("/cors-wildcard-origin", "https://foobar.com:12345", "PUT").Answers((Origin, "https://foobar.com:12345|*"), (Methods, "PUT")).AnswersNot(Credentials),
        Preflight("/cors-wildcard-methods-headers", "https://other.foo.com", "PUT", true)
            .Answers((Origin, "https://other.foo.com"), (Methods, "PUT"), (AllowedHeaders, BothHeaders), (Credentials, "true")),
        Preflight("/cors-wildcard-methods-headers-unauth", "https://other.foo.com", "PUT", true)
            .Answers((Origin, "https://other.foo.com|*"), (Methods, "PUT|*"), (AllowedHeaders, BothHeaders + "|*")).AnswersNot(Credentials),
    ];

    private static IEnumerable<Row> Requests =>
    [
        Get("/cors-1").With(("Origin", "https://www.foo.com")).Answers((Origin, "https://www.foo.com")).To("", Infra),
        Get("/cors-1").With(("Origin", "https://www.bar.com")).Answers((Origin, "https://www.bar.com")).To("", Infra),
        Get("/cors-1").With(("Origin", "https://foobar.com")).AnswersNot(Origin).To("", Infra),
        Of("PUT", "/cors-wildcard-origin").With(("Origin", "https://foobar.com:12345")).Answers((Origin, "https://foobar.com:12345|*")).To("", Infra),
        Of("PUT", "/cors-wildcard-origin").With(("Origin", "https://foobar.com")).Answers((Origin, "https://foobar.com|*")).AnswersNot(Credentials).To("", Infra),
        Get("/cors-wildcard-methods-headers").With(("Origin", "https://other.foo.com")).Answers((Origin, "https://other.foo.com"), (Credentials, "true")).To("", Infra),
        Get("/cors-wildcard-methods-headers-unauth").With(("Origin", "https://other.foo.com")).Answers((Origin, "https://other.foo.com|*")).AnswersNot(Credentials).To("", Infra),
    ];

    private static Row Preflight(string path, string origin, string method, bool headers = false) =>
        (Of("OPTIONS", path) with { ReachesBackend = false }).Status(200, 204)
            .With([("Origin", origin), ("access-control-request-method", method), .. headers ? new[] { ("access-control-request-headers", "x-header-1, x-header-2") } : []]);
}
