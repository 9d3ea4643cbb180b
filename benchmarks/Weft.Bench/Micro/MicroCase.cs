namespace Weft.Bench.Micro;

/// <summary>One piece of work of the data path, done in this process. What <paramref name="Prepare"/> gives does it once; its number keeps the work from being optimized away.</summary>
internal sealed record MicroCase(string Name, Func<Func<int>> Prepare);
