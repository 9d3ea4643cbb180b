using Google.Protobuf;
using Weft.ControlPlane.Distribute;
using Weft.Model.V1;
using Weft.Protocol.Discovery.V1;
using Weft.Resources;

namespace Weft.Unit.ControlPlane;

public sealed class TypeSubscriptionTests
{
    private static readonly SubscriberScope Scope = new("default", "p", "sa", new Dictionary<string, string>(), IsGateway: false);

    [Fact]
    public void Compare_NothingChanged_SendsNothing()
    {
        var subscription = new TypeSubscription("Cluster");
        subscription.Apply(new DeltaRequest { Subscribe = { "a", "b" } });
        View view = new(("a", 1));
        Assert.Equal("a1 ?b", Text(subscription.Compare(view, Scope)));

        Assert.Equal("", Text(subscription.Compare(view, Scope)));
        Assert.Equal("", Text(subscription.Compare(new View(("a", 1)), Scope))); // a new view with the same content
    }

    [Fact]
    public void Compare_ThroughALife_SaysAddedChangedRemovedOnce()
    {
        var subscription = new TypeSubscription("Cluster");
        subscription.Apply(new DeltaRequest { Subscribe = { "a" } });

        Assert.Equal("?a", Text(subscription.Compare(new View(), Scope)));
        Assert.Equal("", Text(subscription.Compare(new View(), Scope)));
        Assert.Equal("a1", Text(subscription.Compare(new View(("a", 1)), Scope)));
        Assert.Equal("a2", Text(subscription.Compare(new View(("a", 2)), Scope)));
        Assert.Equal("-a", Text(subscription.Compare(new View(), Scope)));
        Assert.Equal("a3", Text(subscription.Compare(new View(("a", 3)), Scope)));
    }

    [Fact]
    public void Compare_ViewThatCannotSay_RemovesNothing()
    {
        var subscription = new TypeSubscription("Cluster");
        subscription.Apply(new DeltaRequest { Subscribe = { "a" } });
        subscription.Compare(new View(("a", 1)), Scope);

        Assert.Equal("", Text(subscription.Compare(new View { IsBroken = true }, Scope)));
        Assert.Equal("a2", Text(subscription.Compare(new View(("a", 2)), Scope)));
    }

    [Fact]
    public void Compare_NamesAddedOneByOne_AsksAViewForEachOnce()
    {
        var subscription = new TypeSubscription("Cluster");
        View view = new(("a", 1), ("b", 1), ("c", 1));
        foreach (string name in (string[])["a", "b", "?", "c"])
        {
            subscription.Apply(new DeltaRequest { Subscribe = { name } });
            subscription.Compare(view, Scope);
        }

        Assert.Equal(4, view.Asked);
        Assert.Equal("a2 b2 -c", Text(subscription.Compare(new View(("a", 2), ("b", 2)), Scope)));
    }

    [Fact]
    public void Subscribe_Again_IsAnsweredAgain()
    {
        var subscription = new TypeSubscription("Cluster");
        subscription.Apply(new DeltaRequest { Subscribe = { "a" } });
        subscription.Compare(new View(("a", 1)), Scope);

        subscription.Apply(new DeltaRequest { Subscribe = { "a" } });

        Assert.Equal("a1", Text(subscription.Compare(new View(("a", 1)), Scope)));
    }

    [Fact]
    public void Unsubscribe_AName_HearsOfItNoMore()
    {
        var subscription = new TypeSubscription("Cluster");
        subscription.Apply(new DeltaRequest { Subscribe = { "a" } });
        subscription.Compare(new View(("a", 1)), Scope);

        subscription.Apply(new DeltaRequest { Unsubscribe = { "a" } });

        Assert.Equal("", Text(subscription.Compare(new View(("a", 2)), Scope)));
        Assert.Equal(0, subscription.Count);
    }

    [Fact]
    public void KnownVersions_OfTheSameContent_SaveTheAnswer()
    {
        View view = new(("a", 1), ("b", 1));
        view.TryFind("Cluster", "a", Scope, out EncodedResource? a);
        string version = a!.Version;
        var subscription = new TypeSubscription("Cluster");

        subscription.Apply(new DeltaRequest { Subscribe = { "a", "b", "c" }, KnownVersions = { ["a"] = version, ["b"] = "stale", ["c"] = "stale" } });

        Assert.Equal("b1 -c", Text(subscription.Compare(view, Scope)));
    }

    [Fact]
    public void Wildcard_OfNothing_IsAnsweredOnce()
    {
        var subscription = new TypeSubscription("Frontend");
        subscription.Apply(new DeltaRequest { Subscribe = { "*" } });

        Assert.Single(subscription.Compare(new View(), Scope));
        Assert.Empty(subscription.Compare(new View(), Scope));
    }

    [Fact]
    public void Compare_MoreThanOneResponseHolds_ComesInParts()
    {
        var subscription = new TypeSubscription("Cluster");
        string[] names = [.. Enumerable.Range(0, 3000).Select(i => $"{i:0000}-{new string('x', 1000)}")];
        subscription.Apply(new DeltaRequest { Subscribe = { names } });

        IReadOnlyList<DeltaResponse> parts = subscription.Compare(new View([.. names.Select(n => (n, 1))]), Scope);

        Assert.True(parts.Count > 1);
        Assert.All(parts, p => Assert.InRange(p.CalculateSize(), 1, 2 << 20));
        Assert.Equal(3000, parts.Sum(p => p.Resources.Count));
    }

    private static string Text(IReadOnlyList<DeltaResponse> responses) => string.Join(' ', responses.SelectMany(r =>
        r.Resources.Select(x => $"{x.Name}{x.Value.Unpack<Cluster>().Port}").Concat(r.Removed.Select(n => $"-{n}")).Concat(r.Missing.Select(n => $"?{n}")))
        .OrderBy(t => t.TrimStart('-', '?'), StringComparer.Ordinal));

    private sealed class View(params (string Name, int Port)[] clusters) : IMeshView
    {
        private readonly Dictionary<string, IMessage> _messages =
            clusters.ToDictionary(c => c.Name, IMessage (c) => new Cluster { Name = c.Name, Port = (uint)c.Port });

        public ResourceSnapshot Resources => ResourceSnapshot.Empty;

        public bool IsBroken { get; init; }

        /// <summary>How often it was asked for one resource.</summary>
        public int Asked { get; private set; }

        public IEnumerable<EncodedResource>? All(string type, SubscriberScope scope) =>
            IsBroken ? null : _messages.Select(m => EncodedResource.Of(m.Key, m.Value));

        public bool TryFind(string type, string name, SubscriberScope scope, out EncodedResource? resource)
        {
            Asked++;
            resource = _messages.TryGetValue(name, out IMessage? message) ? EncodedResource.Of(name, message) : null;
            return !IsBroken;
        }
    }
}
