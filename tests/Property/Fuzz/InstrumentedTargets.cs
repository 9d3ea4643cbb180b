using System.Reflection;
using System.Runtime.Loader;
using SharpFuzz;

namespace Weft.Property.Fuzz;

/// <summary>The targets and the parsers below them once more, as copies that count the edges they take; the build's own assemblies stay as they are.</summary>
internal sealed class InstrumentedTargets : AssemblyLoadContext
{
    private static readonly string[] s_parsers = ["Weft.Primitives", "Weft.Wire", "Weft.Transport", "Weft.Policy", "Weft.Telemetry", "Weft.Identity", "Weft.Dialects", "Weft.Resources", "Weft.Proxy"];

    private readonly string _folder = Directory.CreateTempSubdirectory("weft-fuzz-").FullName;

    internal InstrumentedTargets()
        : base(nameof(InstrumentedTargets))
    {
        string tests = typeof(InstrumentedTargets).Assembly.GetName().Name + ".dll";
        foreach (string file in Directory.GetFiles(AppContext.BaseDirectory, "Weft.*.dll"))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        foreach (string parser in s_parsers)
        {
            string copy = Path.Combine(_folder, parser + ".dll");
            Assert.NotEmpty(Fuzzer.Instrument(copy, static _ => true, Options.Value).ToList());
        }

        Assembly assembly = LoadFromAssemblyPath(Path.Combine(_folder, tests));
        FieldInfo all = assembly.GetType(typeof(FuzzTargets).FullName!, throwOnError: true)!.GetField(nameof(FuzzTargets.All))!;
        Targets = (IReadOnlyDictionary<string, (Action<byte[]> Run, byte[][] Seeds)>)all.GetValue(null)!; // its type is made of .NET's own alone
    }

    internal IReadOnlyDictionary<string, (Action<byte[]> Run, byte[][] Seeds)> Targets { get; }

    protected override Assembly? Load(AssemblyName assemblyName)
    {
        string copy = Path.Combine(_folder, assemblyName.Name + ".dll");
        return File.Exists(copy) ? LoadFromAssemblyPath(copy) : null;
    }
}
