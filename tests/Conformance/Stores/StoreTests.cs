using System.Text;
using Weft.Resources;
using Weft.Stores.Log;
using Weft.Stores.Memory;
using Weft.Stores.Sqlite;

namespace Weft.Conformance.Stores;

public sealed class MemoryStoreTests : StoreConformance
{
    protected override ValueTask<IResourceStore> OpenAsync(int watchEventsKept) =>
        ValueTask.FromResult(MemoryStore.Create(new StoreLimits { WatchEventsKept = watchEventsKept }));
}

public sealed class SqliteStoreTests : StoreConformance
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weft-store-").FullName;

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(_directory, recursive: true);
        GC.SuppressFinalize(this);
    }

    protected override ValueTask<IResourceStore> OpenAsync(int watchEventsKept) => ValueTask.FromResult(Open(_directory, watchEventsKept));

    private static IResourceStore Open(string directory, int watchEventsKept = 64, long bytesMax = 1L << 30, int auditKept = 100_000) =>
        SqliteStore.Open(new SqliteStoreOptions(directory)
        {
            Limits = new StoreLimits { WatchEventsKept = watchEventsKept, AuditRevisionsKept = auditKept }, DatabaseBytesMax = bytesMax,
        });

    [Fact]
    public async Task Open_FilesOfAProcessKilledInTheMiddle_HasEveryAcknowledgedWrite()
    {
        for (int i = 0; i < 50; i++)
        {
            await Store.PutAsync(Make($"r{i}"), 0, Origin, Limit);
        }

        // What kill -9 leaves: the files as they are, nothing closed, nothing checkpointed.
        string copy = Directory.CreateTempSubdirectory("weft-store-").FullName;
        foreach (string file in Directory.EnumerateFiles(_directory))
        {
            File.Copy(file, Path.Combine(copy, Path.GetFileName(file)));
        }

        await using (IResourceStore again = Open(copy))
        {
            Assert.Equal(50, again.Revision);
            Assert.Equal(50, again.Snapshot().OfKind("", "ConfigMap").Count());
            Assert.Equal(41, (await TakeAsync(again.WatchAsync(40, Limit), 1))[0].Revision);
        }

        Directory.Delete(copy, recursive: true);
    }

    [Fact]
    public async Task Open_AfterClose_WatchesGoOnFromBefore()
    {
        await Store.PutAsync(Make("a"), 0, Origin, Limit);
        await Store.PutAsync(Make("a", "b"), null, Origin, Limit);
        await Store.DisposeAsync();
        Store = Open(_directory);
        Assert.Equal(2, (await TakeAsync(Store.WatchAsync(1, Limit), 1))[0].Revision);
    }

    [Fact]
    public async Task Open_AfterCompaction_KeepsLiveResourcesAndForgetsOldEvents()
    {
        await Store.DisposeAsync();
        Store = Open(_directory, auditKept: 10);
        await Store.PutAsync(Make("old"), 0, Origin, Limit);
        Resource gone = (await Store.PutAsync(Make("gone"), 0, Origin, Limit)).Resource!;
        await Store.DeleteAsync(gone.Key, null, Origin, Limit);
        for (int i = 0; i < 60; i++)
        {
            await Store.PutAsync(Make("busy", $"{i}"), null, Origin, Limit);
        }

        await Store.DisposeAsync();
        Store = Open(_directory, auditKept: 10);
        Assert.Equal(["busy", "old"], Store.Snapshot().OfKind("", "ConfigMap").Select(r => r.Name));
        Assert.Equal("59", (string?)Store.Snapshot().Find(Make("busy").Key)!.Json["data"]!["value"]);
        await Assert.ThrowsAsync<RevisionGoneException>(() => TakeAsync(Store.WatchAsync(1, Limit), 1));
    }

    [Fact]
    public async Task Put_DatabaseFull_IsStorageFullAndNothingChanges()
    {
        await Store.DisposeAsync();
        Store = Open(_directory, bytesMax: 256 << 10);
        WriteStatus status = WriteStatus.Written;
        int written = 0;
        while (status == WriteStatus.Written && written < 1000)
        {
            status = (await Store.PutAsync(Make($"r{written}", new string('x', 8000)), 0, Origin, Limit)).Status;
            written += status == WriteStatus.Written ? 1 : 0;
        }

        Assert.Equal(WriteStatus.StorageFull, status);
        Assert.Equal(written, Store.Snapshot().OfKind("", "ConfigMap").Count());
        await Store.DisposeAsync();
        Store = Open(_directory);
        Assert.Equal(written, Store.Snapshot().OfKind("", "ConfigMap").Count());
        Assert.Equal(WriteStatus.Written, (await Store.PutAsync(Make("after"), 0, Origin, Limit)).Status);
    }

    [Fact]
    public async Task Put_Secret_IsNotReadableOnDiskButIsAfterRestart()
    {
        await Store.PutAsync(Make("s", "swordfish-in-clear", kind: "Secret"), 0, Origin, Limit);
        await Store.DisposeAsync();
        byte[] needle = Encoding.UTF8.GetBytes("swordfish-in-clear");
        Assert.All(Directory.EnumerateFiles(_directory), f => Assert.True(File.ReadAllBytes(f).AsSpan().IndexOf(needle) < 0, f));
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(Path.Combine(_directory, "secrets.key")));
        Store = Open(_directory);
        Assert.Equal("swordfish-in-clear", (string?)Store.Snapshot().OfKind("", "Secret").Single().Json["data"]!["value"]);
    }

    [Fact]
    public async Task Open_KeyLostWithSecretsStored_SaysSo()
    {
        await Store.PutAsync(Make("s", kind: "Secret"), 0, Origin, Limit);
        await Store.DisposeAsync();
        File.Delete(Path.Combine(_directory, "secrets.key"));
        StoreUnusableException refused = Assert.Throws<StoreUnusableException>(() => Open(_directory));
        Assert.Contains("restore the file from a backup", refused.Message, StringComparison.Ordinal);
        Store = MemoryStore.Create();
    }

    [Fact]
    public void Open_TwiceAtOnce_TheSecondIsToldWho()
    {
        StoreUnusableException refused = Assert.Throws<StoreUnusableException>(() => Open(_directory));
        Assert.Contains("another weft-control", refused.Message, StringComparison.Ordinal);
    }
}
