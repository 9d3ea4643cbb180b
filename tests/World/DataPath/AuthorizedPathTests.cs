using Weft.Model.V1;

namespace Weft.World.DataPath;

/// <summary>A policy that denies /admin, and the ways to write that path: what the application is asked for is the very path that was decided on.</summary>
public sealed class AuthorizedPathTests
{
    /// <summary>Request-target, and the status of a refusal or the path that the application sees.</summary>
    public static TheoryData<string, string> Targets => new()
    {
        { "/admin", "403" },
        { "/admin/x", "403" },
        { "/admin?x", "403" },
        { "/admin;x", "403" },
        { "/admin%2fx", "403" },
        { "/./admin", "403" },
        { "/x/../admin", "403" },
        { "/../admin", "403" },
        { "/x/%2e%2e/admin", "403" },
        { "/x/.%2E/admin", "403" },
        { "/%61dmin", "403" },
        { "/%41dmin/../%61%64min", "403" },
        { "/x\\..\\admin", "403" },
        { "/x/..\\admin", "403" },
        { "http://api.default:9080/admin", "403" },
        { "http://api.default:9080/x/../admin", "403" },
        { "/admin%00", "400" },
        { "/%00/../admin", "400" },
        { "/%zz/../admin", "400" },
        { "/x%2", "400" },
        { "/\\admin", "//admin" },
        { "//admin", "//admin" },
        { "/x//../admin", "/x/admin" },
        { "/%2fadmin", "/%2Fadmin" },
        { "/x%2f..%2fadmin", "/x%2F..%2Fadmin" },
        { "/x/%252e%252e/admin", "/x/%252e%252e/admin" },
        { "/x/..;/admin", "/x/..;/admin" },
        { "/x?/../admin", "/x?/../admin" },
        { "/ADMIN", "/ADMIN" },
        { "/adm%C4%B1n", "/adm%C4%B1n" },
    };

    [Theory]
    [MemberData(nameof(Targets))]
    public async Task Path_WrittenInManyWays_IsDecidedOnAndForwardedAsOne(string target, string outcome)
    {
        var rule = new AuthorizationRule { To = { new AuthorizationOperation { Paths = { new StringMatch { Prefix = "/admin" } } } } };
        using RawOrigin origin = RawOrigin.Telling();
        await using var kit = new PathKit();
        using RawClient client = await kit.ConnectThroughMeshAsync(
            origin, w => w.Authorization.Add(new AuthorizationRules { Dialect = "istio", Deny = { new AuthorizationPolicy { Rules = { rule } } } }));
        await client.GetAsync(target);
        (string head, string body) = await client.ReadAnswerAsync();
        bool isRefused = outcome[0] != '/';
        Assert.StartsWith($"HTTP/1.1 {(isRefused ? outcome : "200")}", head);
        Assert.True(isRefused || body.StartsWith($"GET {outcome} HTTP/1.1\r\n", StringComparison.Ordinal), body);
    }
}
