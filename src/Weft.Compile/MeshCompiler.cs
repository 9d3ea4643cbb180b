using Weft.Dialects.Istio;
using Weft.Resources;

namespace Weft.Compile;

/// <summary>Resources in, what every proxy needs out. Pure: the same snapshot and keys give the same messages.</summary>
public static class MeshCompiler
{
    /// <summary>Indexes the snapshot; each answer is compiled when it is first asked for and then remembered.</summary>
    /// <param name="keys">Of token issuers, as a control plane fetched them; null where nobody fetches any.</param>
    public static CompiledMesh Compile(ResourceSnapshot snapshot, CompileOptions options, IssuerKeys? keys = null) => new(snapshot, options, keys);
}
