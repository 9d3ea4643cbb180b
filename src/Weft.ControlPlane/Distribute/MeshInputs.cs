using Weft.Compile;
using Weft.ControlPlane.Keys;
using Weft.Resources;

namespace Weft.ControlPlane.Distribute;

/// <summary>All that the mesh is compiled of.</summary>
internal sealed record MeshInputs(IResourceStore Store, JwksBook Keys, CompileOptions Options)
{
    /// <summary>Pure from here on: the same snapshot and keys give the same mesh.</summary>
    public CompiledMesh Compile(ResourceSnapshot snapshot) => MeshCompiler.Compile(snapshot, Options, Keys.Current);
}
