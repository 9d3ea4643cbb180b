using System.Text.Json.Nodes;
using Weft.Cli.Explain;
using Weft.Compile;
using Weft.Dialects.Reading;
using Weft.Resources;

namespace Weft.Conformance.Explain;

/// <summary>One row: configuration with the world of all rows, a request, and the part of the answer that matters.</summary>
/// <param name="NotLive">Why it cannot be sent through running proxies; empty: it can.</param>
internal sealed record ExplainCase(string Config, ExplainRequest Request, JsonObject Expect, string NotLive)
{
    public CompiledMesh Compile()
    {
        ReadResult read = ResourceReader.ReadText(Config, "row");
        Assert.Empty(read.Problems);
        return MeshCompiler.Compile(ResourceSnapshot.Of(read.Resources), CompileOptions.Default);
    }
}
