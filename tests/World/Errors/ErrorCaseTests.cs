using Weft.Cli;
using Weft.Resources;
using Weft.World.Kubectl;

namespace Weft.World.Errors;

/// <summary>What people get wrong: each ends with the exit code of its kind, names file, line or field and the cure, and changes nothing.</summary>
public sealed class ErrorCaseTests(ControlPlaneWorld world) : IClassFixture<ControlPlaneWorld>
{
    private const string Good = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: good}\n";

    [Theory]
    [InlineData("malformed YAML", "kind: Service\nspec:\n\t- x\n", 4, "case.yaml:", "Check indentation")]
    [InlineData("unclosed quote", "kind: \"Service\nspec: {}\n", 4, "case.yaml:", "quotes")]
    [InlineData("unknown kind", "apiVersion: networking.istio.io/v1\nkind: VirtualServce\nmetadata: {name: a}\n", 4, "case.yaml:2:", "VirtualService")]
    [InlineData("unknown version", "apiVersion: networking.istio.io/v9\nkind: VirtualService\nmetadata: {name: a}\n", 4, "case.yaml:1:", "write apiVersion: networking.istio.io/v1")]
    [InlineData("unknown field", "apiVersion: networking.istio.io/v1\nkind: VirtualService\nmetadata: {name: a}\nspec:\n  hosts: [a]\n  htp: []\n", 4, "case.yaml:6:", "did you mean \"http\"?")]
    [InlineData("wrong type", "apiVersion: v1\nkind: Service\nmetadata: {name: a}\nspec:\n  ports:\n  - port: http\n", 4, "case.yaml:6:", "spec.ports[0].port: must be a whole number, is text")]
    [InlineData("missing field", "apiVersion: networking.istio.io/v1\nkind: DestinationRule\nmetadata: {name: a}\nspec: {}\n", 4, "case.yaml:4:", "spec.host: required value")]
    [InlineData("no name", "apiVersion: v1\nkind: Service\nspec: {}\n", 4, "case.yaml:", "metadata.name")]
    [InlineData("bad name", "apiVersion: v1\nkind: Service\nmetadata: {name: Bad_Name}\nspec: {ports: [{port: 1}]}\n", 4, "case.yaml:3:", "use lower case letters")]
    [InlineData("missing namespace", "apiVersion: v1\nkind: Service\nmetadata: {name: a, namespace: nowhere}\nspec: {ports: [{port: 1}]}\n", 4, "case.yaml:", "namespaces \"nowhere\" not found")]
    [InlineData("written twice", "apiVersion: v1\nkind: Service\nkind: Service\nmetadata: {name: a}\n", 4, "case.yaml:3:", "twice")]
    public async Task Apply_OneBadFileAmongGoodOnes_NamesPlaceAndCureAndChangesNothing(string name, string yaml, int code, string place, string cure)
    {
        string directory = Directory.CreateTempSubdirectory("weft-case-").FullName;
        await File.WriteAllTextAsync(Path.Combine(directory, "a-good.yaml"), Good, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(Path.Combine(directory, "case.yaml"), yaml, TestContext.Current.CancellationToken);
        Said said = await WeftAsync("apply", "-f", directory);
        Directory.Delete(directory, recursive: true);
        Assert.True(said.Code == code, $"{name}: ended with {said.Code}\n{said.All}");
        Assert.Contains(place, said.Error, StringComparison.Ordinal);
        Assert.Contains(cure, said.Error, StringComparison.Ordinal);
        Assert.Null(world.Store.Snapshot().Find(new ResourceKey("", "ConfigMap", "default", "good")));
    }

    [Theory]
    [InlineData("apply|-f|/nowhere/at-all.yaml", 4, "there is no such file")]
    [InlineData("get|virtualservise", 2, "Did you mean \"virtualservice\"?")]
    [InlineData("get|configmap|nothing", 1, "configmaps \"nothing\" not found")]
    [InlineData("delete|configmap|nothing", 1, "not found")]
    [InlineData("delete", 2, "Say what to delete")]
    public async Task Command_ThatCannotBeDone_SaysWhy(string line, int code, string expected)
    {
        Said said = await WeftAsync(line.Split('|'));
        Assert.True(said.Code == code, $"ended with {said.Code}\n{said.All}");
        Assert.Contains(expected, said.All, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Command_NoControlPlane_EndsWithThreeAndTheCure()
    {
        Said said = await RunAsync("get", "pods", "--server", "/nowhere/control.sock");
        Assert.Equal(3, said.Code);
        Assert.Contains("weft up", said.Error, StringComparison.Ordinal);
    }

    private Task<Said> WeftAsync(params string[] arguments) => RunAsync([.. arguments, "--server", world.Home.ControlSocket]);

    private static async Task<Said> RunAsync(params string[] arguments)
    {
        using StringWriter output = new();
        using StringWriter error = new();
        int code = await WeftCli.RunAsync(arguments, output, error);
        return new Said(code, output.ToString(), error.ToString());
    }
}
