using System.Text.Json.Nodes;
using Weft.Resources;

namespace Weft.Conformance.Stores;

/// <summary>What every store promises. Each implementation derives from it and brings its own store.</summary>
public abstract class StoreConformance : IAsyncLifetime
{
    protected static readonly WriteOrigin Origin = new("tester", "conformance");
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    protected IResourceStore Store { get; set; } = null!; // set by InitializeAsync before any test

    protected static CancellationToken Limit => new CancellationTokenSource(Patience).Token;

    public async ValueTask InitializeAsync() => Store = await OpenAsync(watchEventsKept: 64);

    public virtual async ValueTask DisposeAsync()
    {
        await Store.DisposeAsync();
        GC.SuppressFinalize(this);
    }

    protected abstract ValueTask<IResourceStore> OpenAsync(int watchEventsKept);

    protected static Resource Make(string name, string value = "a", string kind = "ConfigMap") => new(new JsonObject
    {
        ["apiVersion"] = "v1",
        ["kind"] = kind,
        ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = "default" },
        ["data"] = new JsonObject { ["value"] = value },
    });

    [Fact]
    public async Task Put_New_SetsIdentityAndFirstGeneration()
    {
        WriteResult result = await Store.PutAsync(Make("a"), 0, Origin, Limit);
        Assert.Equal(WriteStatus.Written, result.Status);
        Assert.Equal((1, 1), (result.Resource!.Revision, result.Resource.Generation));
        Assert.True(Guid.TryParse(result.Resource.Uid, out _));
        Assert.NotEqual(DateTimeOffset.MinValue, result.Resource.Created);
        Assert.Same(result.Resource, Store.Snapshot().Find(result.Resource.Key));
    }

    [Fact]
    public async Task Put_NewButThere_IsAlreadyExists()
    {
        await Store.PutAsync(Make("a"), 0, Origin, Limit);
        Assert.Equal(WriteStatus.AlreadyExists, (await Store.PutAsync(Make("a", "b"), 0, Origin, Limit)).Status);
    }

    [Fact]
    public async Task Put_OldRevision_IsConflictAndShowsTheCurrentOne()
    {
        WriteResult first = await Store.PutAsync(Make("a"), 0, Origin, Limit);
        WriteResult second = await Store.PutAsync(Make("a", "b"), first.Resource!.Revision, Origin, Limit);
        WriteResult late = await Store.PutAsync(Make("a", "c"), first.Resource.Revision, Origin, Limit);
        Assert.Equal(WriteStatus.Conflict, late.Status);
        Assert.Equal(second.Resource!.Revision, late.Resource!.Revision);
    }

    [Fact]
    public async Task Put_ExpectedButGone_IsNotFound() =>
        Assert.Equal(WriteStatus.NotFound, (await Store.PutAsync(Make("a"), 7, Origin, Limit)).Status);

    [Fact]
    public async Task Put_SameContent_IsUnchangedAndMakesNoRevision()
    {
        await Store.PutAsync(Make("a"), null, Origin, Limit);
        long before = Store.Revision;
        Assert.Equal(WriteStatus.Unchanged, (await Store.PutAsync(Make("a"), null, Origin, Limit)).Status);
        Assert.Equal(before, Store.Revision);
    }

    [Fact]
    public async Task Put_StatusOnly_KeepsGenerationUidAndCreation()
    {
        Resource first = (await Store.PutAsync(Make("a"), 0, Origin, Limit)).Resource!;
        Resource changed = Make("a");
        changed.Json["status"] = new JsonObject { ["phase"] = "Ready" };
        Resource second = (await Store.PutAsync(changed, first.Revision, Origin, Limit)).Resource!;
        Assert.Equal((first.Generation, first.Uid, first.Created), (second.Generation, second.Uid, second.Created));
        Resource third = (await Store.PutAsync(Make("a", "b"), second.Revision, Origin, Limit)).Resource!;
        Assert.Equal(2, third.Generation);
    }

    [Fact]
    public async Task Delete_Recreated_HasAnotherUid()
    {
        Resource first = (await Store.PutAsync(Make("a"), 0, Origin, Limit)).Resource!;
        Assert.Equal(WriteStatus.Written, (await Store.DeleteAsync(first.Key, first.Revision, Origin, Limit)).Status);
        Assert.Null(Store.Snapshot().Find(first.Key));
        Assert.NotEqual(first.Uid, (await Store.PutAsync(Make("a"), 0, Origin, Limit)).Resource!.Uid);
    }

    [Fact]
    public async Task Snapshot_HeldDuringWrites_DoesNotChange()
    {
        await Store.PutAsync(Make("a"), 0, Origin, Limit);
        ResourceSnapshot held = Store.Snapshot();
        await Store.PutAsync(Make("b"), 0, Origin, Limit);
        Assert.Single(held.OfKind("", "ConfigMap"));
        Assert.Equal(2, Store.Snapshot().OfKind("", "ConfigMap").Count());
    }

    [Fact]
    public async Task Watch_FromAnyKeptRevision_SeesEveryLaterChangeInOrder()
    {
        Resource a = (await Store.PutAsync(Make("a"), 0, Origin, Limit)).Resource!;
        await Store.PutAsync(Make("a", "b"), null, Origin, Limit);
        await Store.DeleteAsync(a.Key, null, Origin, Limit);
        List<ResourceEvent> seen = await TakeAsync(Store.WatchAsync(1, Limit), 2);
        Assert.Equal([ResourceEventKind.Modified, ResourceEventKind.Deleted], seen.Select(e => e.Kind));
        Assert.Equal([2L, 3L], seen.Select(e => e.Revision));
        Assert.Equal("a", (string?)seen[0].Previous!.Json["data"]!["value"]);
        Assert.Equal(3, seen[1].Resource.Revision);
    }

    [Fact]
    public async Task Watch_Waiting_GetsTheNextWrite()
    {
        Task<List<ResourceEvent>> watching = TakeAsync(Store.WatchAsync(0, Limit), 1);
        await Store.PutAsync(Make("later"), 0, Origin, Limit);
        Assert.Equal("later", (await watching)[0].Resource.Name);
    }

    [Fact]
    public async Task Watch_FromForgottenRevision_IsGone()
    {
        for (int i = 0; i < 100; i++)
        {
            await Store.PutAsync(Make("a", $"{i}"), null, Origin, Limit);
        }

        await Assert.ThrowsAsync<RevisionGoneException>(() => TakeAsync(Store.WatchAsync(10, Limit), 1));
        Assert.Equal(98, (await TakeAsync(Store.WatchAsync(97, Limit), 3))[0].Revision);
    }

    [Fact]
    public async Task Put_ManyWritersOfOneResource_EachRevisionIsWonOnce()
    {
        Resource first = (await Store.PutAsync(Make("a"), 0, Origin, Limit)).Resource!;
        WriteResult[] results = await Task.WhenAll(Enumerable.Range(0, 20).Select(i => Store.PutAsync(Make("a", $"{i}"), first.Revision, Origin, Limit).AsTask()));
        Assert.Single(results, r => r.Status == WriteStatus.Written);
        Assert.Equal(19, results.Count(r => r.Status == WriteStatus.Conflict));
    }

    protected static async Task<List<ResourceEvent>> TakeAsync(IAsyncEnumerable<ResourceEvent> events, int count)
    {
        List<ResourceEvent> taken = [];
        await foreach (ResourceEvent e in events)
        {
            taken.Add(e);
            if (taken.Count == count)
            {
                break;
            }
        }

        return taken;
    }
}
