namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>One test of the suite: what it needs of an implementation, what it applies, what it looks at.</summary>
internal sealed record GatewayTest(string Name, string[] Features, string[] Manifests, Func<SuiteRun, Task> Run)
{
    /// <summary>The suite runs it and counts it in no profile yet.</summary>
    public bool Provisional { get; init; }
}
