using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Identity;
using Weft.Protocol.Discovery.V1;
using Weft.Proxy.State;

namespace Weft.Unit.Proxy.State;

public sealed class SavedResourcesTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weft-saved-").FullName;

    private string LogPath => Path.Combine(_directory, "resources.log");

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Load_AfterChangesAndRemovals_GivesTheLast()
    {
        var saved = new SavedResources(new StateDirectory(_directory));
        saved.Save(Delta("Cluster", ("a", "1"), ("b", "1")));
        saved.Save(Delta("Cluster", ("a", "2")));
        saved.Save(new DeltaResponse { Type = "Cluster", Removed = { "b" } });
        ResourceUpdate only = Assert.Single(new SavedResources(new StateDirectory(_directory)).Load()["Cluster"].Updates);
        Assert.Equal(("a", "2"), (only.Name, only.Version));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(LogPath));
    }

    [Fact]
    public void Load_TailCutAnywhere_KeepsWhatStandsBefore()
    {
        var saved = new SavedResources(new StateDirectory(_directory));
        saved.Save(Delta("Cluster", ("a", "1")));
        long first = new FileInfo(LogPath).Length;
        saved.Save(Delta("Cluster", ("b", "1")));
        byte[] whole = File.ReadAllBytes(LogPath);
        for (int cut = (int)first; cut < whole.Length; cut++)
        {
            File.WriteAllBytes(LogPath, whole[..cut]);
            Assert.Equal(["a"], new SavedResources(new StateDirectory(_directory)).Read()["Cluster"].Updates.Select(u => u.Name));
        }
    }

    [Fact]
    public void Save_ManyChangesOfOne_FileStaysSmall()
    {
        var saved = new SavedResources(new StateDirectory(_directory));
        for (int i = 0; i < 60; i++)
        {
            saved.Save(Delta("Cluster", ("a", new string('x', 64 << 10))));
        }

        Assert.InRange(new FileInfo(LogPath).Length, 1, 2 << 20);
    }

    private static DeltaResponse Delta(string type, params (string Name, string Version)[] resources)
    {
        var delta = new DeltaResponse { Type = type };
        delta.Resources.AddRange(resources.Select(r => new Resource { Name = r.Name, Version = r.Version, Value = new Any { Value = ByteString.CopyFromUtf8(r.Name) } }));
        return delta;
    }
}
