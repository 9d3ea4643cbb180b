namespace Weft.EndToEnd;

/// <summary>Tests on machines of their own: after the others, since starting meshes takes the time that those measure.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class MachineCollection
{
    public const string Name = "Machines";
}
