using Weft.Resources;

namespace Weft.Compile;

/// <summary>Resources in, what every proxy needs out. Pure: the same snapshot gives the same messages.</summary>
public static class MeshCompiler
{
    /// <summary>Indexes the snapshot; each answer is compiled when it is first asked for and then remembered.</summary>
    public static CompiledMesh Compile(ResourceSnapshot snapshot, CompileOptions options) => new(snapshot, options);
}
