using System.Reflection;

namespace Weft.Unit.Shape;

/// <summary>The arrow never turns: who may import whom stands in docs/architecture.md and here, and nowhere else.</summary>
public sealed class ArchitectureTests
{
    /// <summary>Direct imports that each assembly may have, beyond what those import themselves.</summary>
    private static readonly Dictionary<string, string[]> MayImport = new(StringComparer.Ordinal)
    {
        ["Weft.Primitives"] = [],
        ["Weft.Model"] = ["Weft.Primitives"],
        ["Weft.Wire"] = ["Weft.Primitives"],
        ["Weft.Policy"] = ["Weft.Model"],
        ["Weft.Balancing"] = ["Weft.Model"],
        ["Weft.Identity"] = ["Weft.Primitives"],
        ["Weft.Telemetry"] = ["Weft.Primitives"],
        ["Weft.Transport"] = ["Weft.Wire", "Weft.Identity", "Weft.Telemetry"],
        ["Weft.Http"] = ["Weft.Transport"],
        ["Weft.Protocol"] = ["Weft.Model", "Weft.Identity"],
        ["Weft.Proxy"] = ["Weft.Http", "Weft.Policy", "Weft.Balancing", "Weft.Protocol"],
        ["Weft.Resources"] = ["Weft.Primitives"],
        ["Weft.Stores"] = ["Weft.Resources"],
        ["Weft.Dialects"] = ["Weft.Model", "Weft.Resources"],
        ["Weft.Compile"] = ["Weft.Dialects"],
        ["Weft.Authority"] = ["Weft.Protocol", "Weft.Identity"],
        ["Weft.ControlPlane"] = ["Weft.Compile", "Weft.Stores", "Weft.Authority", "Weft.Telemetry"],
        ["Weft.Dashboard"] = ["Weft.Protocol"],
        ["Weft.Node"] = ["Weft.Transport", "Weft.Protocol", "Weft.Resources"],
        ["Weft.Cli"] = ["Weft.Compile", "Weft.Policy", "Weft.Balancing", "Weft.Protocol", "Weft.Node"],
    };

    public static TheoryData<string> Assemblies => [.. MayImport.Keys];

    [Theory]
    [MemberData(nameof(Assemblies))]
    public void Assembly_References_FollowTheArrow(string name)
    {
        HashSet<string> allowed = Closure(name);
        IEnumerable<string> turned = References(name)
            .Where(r => r.StartsWith("Weft.", StringComparison.Ordinal) && !allowed.Contains(r));
        Assert.Empty(turned);
    }

    [Fact]
    public void Proxy_Closure_LinksNoServerFramework()
    {
        string[] banned = ["Microsoft.AspNetCore", "Grpc.AspNetCore", "Grpc.Net", "Envoy", "YamlDotNet", "Microsoft.Extensions"];
        IEnumerable<string> linked = Closure("Weft.Proxy").Append("Weft.Proxy")
            .SelectMany(References)
            .Where(r => banned.Any(b => r.StartsWith(b, StringComparison.Ordinal)));
        Assert.Empty(linked);
    }

    [Fact]
    public void EveryProject_IsInTheTable()
    {
        IEnumerable<string> projects = RepositoryRoot.Sources("src", "Weft.*.csproj").Select(f => System.IO.Path.GetFileNameWithoutExtension(f));
        Assert.Equal(MayImport.Keys.Order(), projects.Order());
    }

    private static IEnumerable<string> References(string name)
    {
        string file = System.IO.Path.Combine(AppContext.BaseDirectory, name + ".dll");
        return File.Exists(file) ? Assembly.LoadFrom(file).GetReferencedAssemblies().Select(a => a.Name!) : [];
    }

    private static HashSet<string> Closure(string name)
    {
        var all = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<string>(MayImport[name]);
        while (open.TryDequeue(out string? next))
        {
            if (all.Add(next))
            {
                Array.ForEach(MayImport[next], open.Enqueue);
            }
        }

        return all;
    }
}
