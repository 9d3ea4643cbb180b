using System.Text.Json.Nodes;
using Weft.Compile;
using Weft.Compile.Analyze;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Dialects.Reading;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Unit.Compile;

public sealed class IssuerKeysTests
{
    private const string Pod = """
        apiVersion: v1
        kind: Pod
        metadata: {name: shop, namespace: default, labels: {app: shop}}
        spec: {containers: [{name: a, image: a}]}
        ---
        apiVersion: security.istio.io/v1
        kind: RequestAuthentication
        metadata: {name: jwt, namespace: default}
        spec: {jwtRules: [{RULE}]}
        """;

    private const string Jwks = """{"keys":[]}""";

    /// <summary>A rule and where its keys are.</summary>
    [Theory]
    [InlineData("""{issuer: "https://i.test", jwks: '{"keys":[1]}'}""", null, false)]
    [InlineData("""{issuer: "https://i.test", jwks: '{"keys":[1]}', jwksUri: "https://k.test/keys"}""", null, false)]
    [InlineData("""{issuer: "https://i.test", jwksUri: "https://k.test/keys"}""", "https://k.test/keys", false)]
    [InlineData("""{issuer: "https://i.test/realm/"}""", "https://i.test/realm/.well-known/openid-configuration", true)]
    [InlineData("""{issuer: "http://i.test"}""", "http://i.test/.well-known/openid-configuration", true)]
    [InlineData("""{issuer: somebody@example.com}""", null, false)]
    [InlineData("""{issuer: "https://i.test", jwksUri: "file:///etc/passwd"}""", null, false)]
    public void Rule_OfEachKind_SaysWhereItsKeysAre(string rule, string? uri, bool isDiscovery)
    {
        ResourceSnapshot snapshot = Snapshot(rule);
        JwksSource[] sources = [.. snapshot.OfKind("security.istio.io", "RequestAuthentication").SelectMany(JwtReader.Sources)];
        Assert.Equal(uri is null ? [] : [new JwksSource(uri, isDiscovery)], sources);
        if (uri is null)
        {
            return;
        }

        IssuerKeys keys = IssuerKeys.Empty.With(sources[0], new FetchedKeys(Jwks, ""));
        Assert.Equal(Jwks, Issuer(MeshCompiler.Compile(snapshot, CompileOptions.Default, keys)).Jwks);
        Assert.Equal("", Issuer(MeshCompiler.Compile(snapshot, CompileOptions.Default)).Jwks);
    }

    /// <summary>What is known of the keys; the condition's status and reason, and the problem that is reported.</summary>
    [Theory]
    [InlineData(null, null, "False Pending", "")]
    [InlineData(Jwks, "", "True Fetched", "")]
    [InlineData("", "the answer is 404", "False Failed", "tokens of this issuer are refused")]
    [InlineData(Jwks, "the answer is 404", "False Failed", "the keys fetched before are still used")]
    public void Fetch_OfEachOutcome_IsToldInStatusAndProblems(string? jwks, string? problem, string condition, string told)
    {
        var source = new JwksSource("https://k.test/keys", false);
        IssuerKeys keys = jwks is null ? IssuerKeys.Empty : IssuerKeys.Empty.With(source, new FetchedKeys(jwks, problem!));
        CompiledMesh mesh = MeshCompiler.Compile(Snapshot("""{issuer: i, jwksUri: "https://k.test/keys"}"""), CompileOptions.Default, keys);

        JsonNode said = Assert.Single(Assert.Single(mesh.Statuses).Status["conditions"]!.AsArray())!;
        Assert.Equal(condition, $"{said["status"]} {said["reason"]}");
        Problem[] problems = [.. mesh.Problems.Where(p => p.Code == ProblemCodes.KeysNotFetched)];
        Assert.Equal(told.Length > 0 ? 1 : 0, problems.Length);
        Assert.All(problems, p => Assert.Contains(told, p.Message, StringComparison.Ordinal));
    }

    [Fact]
    public void Files_NobodyFetches_SoNothingIsSaidOfKeys()
    {
        CompiledMesh mesh = MeshCompiler.Compile(Snapshot("""{issuer: i, jwksUri: "https://k.test/keys"}"""), CompileOptions.Default);
        Assert.Empty(mesh.Statuses);
        Assert.DoesNotContain(mesh.Problems, p => p.Code == ProblemCodes.KeysNotFetched);
    }

    [Fact]
    public void JwksUri_ThatIsNoUrl_IsAnError()
    {
        Problem problem = Assert.Single(MeshAnalysis.OfFiles(Read("""{issuer: i, jwksUri: "keys.json"}"""), CompileOptions.Default), p => p.Path.Contains("jwksUri", StringComparison.Ordinal));
        Assert.Equal("IST0106", problem.Code);
    }

    private static JwtIssuer Issuer(CompiledMesh mesh) => Assert.Single(mesh.Workload("default/shop")!.JwtIssuers);

    private static ResourceSnapshot Snapshot(string rule) => ResourceSnapshot.Of(Read(rule));

    private static IReadOnlyList<Resource> Read(string rule)
    {
        ReadResult read = ResourceReader.ReadText(Pod.Replace("{RULE}", rule, StringComparison.Ordinal));
        Assert.Empty(read.Problems);
        return read.Resources;
    }
}
