using Weft.EndToEnd.Kit;

namespace Weft.EndToEnd;

/// <summary>Tests that share one running Bookinfo, one after the other: each puts back what it changed.</summary>
[CollectionDefinition(Name)]
public sealed class MeshCollection : ICollectionFixture<RunningMesh>
{
    public const string Name = "Bookinfo";
}
