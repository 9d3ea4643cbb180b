using Weft.Model.V1;
using Weft.Policy.Limits;

namespace Weft.Unit.Policy;

public sealed class ConnectionQueueTests
{
    [Fact]
    public void Enter_WithoutLimits_IsTakenAlways()
    {
        ConnectionQueue queue = Queue(0, 0);
        Assert.False(queue.IsLimited);
        Assert.All(Enumerable.Range(0, 1_000), _ => Assert.Equal(TurnOutcome.Taken, queue.Enter(new Waiter())));
    }

    /// <summary>With one place and room for two to wait: the order in which they came, and nobody overtakes.</summary>
    [Fact]
    public void Exit_WithWaiters_HandsThePlaceToTheFirst()
    {
        ConnectionQueue queue = Queue(1, 2);
        Waiter[] waiters = [new(), new(), new(), new()];
        Assert.Equal([TurnOutcome.Taken, TurnOutcome.Waits, TurnOutcome.Waits, TurnOutcome.Overflow], waiters.Select(queue.Enter));
        Assert.False(queue.TryEnter());
        queue.Exit();
        Assert.Equal([0, 1, 0, 0], waiters.Select(w => w.Turns));
        Assert.Equal(TurnOutcome.Overflow, queue.Enter(waiters[3])); // who was handed a place is pending until it has its connection
        queue.EndPending();
        Assert.Equal(TurnOutcome.Waits, queue.Enter(waiters[3]));
        queue.Exit();
        queue.Exit();
        Assert.Equal([0, 1, 1, 1], waiters.Select(w => w.Turns));
        Assert.Equal((1, 2, 1, 2), (queue.Used, queue.Pending, queue.Overflows, queue.PendingOverflows));
    }

    [Fact]
    public void Leave_BeforeAndAfterTheTurn_TellsWhoseThePlaceIs()
    {
        ConnectionQueue queue = Queue(1, 0);
        Waiter[] waiters = [new(), new(), new()];
        Assert.Equal([TurnOutcome.Taken, TurnOutcome.Waits, TurnOutcome.Waits], waiters.Select(queue.Enter));
        Assert.True(queue.Leave(waiters[1]));
        queue.Exit();
        Assert.False(queue.Leave(waiters[1]));
        Assert.False(queue.Leave(waiters[2])); // its turn has come: the place is its own to give back
        queue.Exit();
        Assert.Equal(0, queue.Used);
    }

    [Fact]
    public void Configure_HigherLimit_LetsWaitersIn()
    {
        var load = new ClusterLoadState();
        load.Configure(new ConnectionLimits { Connections = 1 }, null);
        Waiter[] waiters = [new(), new(), new(), new()];
        _ = waiters.Select(load.Connections.Enter).ToArray();
        load.Configure(new ConnectionLimits { Connections = 3 }, null);
        Assert.Equal([0, 1, 1, 0], waiters.Select(w => w.Turns));
        load.Configure(null, null);
        Assert.Equal([0, 1, 1, 1], waiters.Select(w => w.Turns));
        Assert.Equal(4, load.Used(ClusterResource.Connections));
    }

    /// <summary>A lower limit takes no place away; it is reached as places are given back.</summary>
    [Fact]
    public void Configure_LowerLimit_HoldsFromTheNextExitOn()
    {
        var load = new ClusterLoadState();
        load.Configure(new ConnectionLimits { Connections = 3 }, null);
        Waiter[] waiters = [new(), new(), new(), new()];
        _ = waiters.Select(load.Connections.Enter).ToArray();
        load.Configure(new ConnectionLimits { Connections = 1 }, null);
        load.Connections.Exit();
        load.Connections.Exit();
        Assert.Equal(0, waiters[3].Turns);
        load.Connections.Exit();
        Assert.Equal(1, waiters[3].Turns);
    }

    private static ConnectionQueue Queue(uint connections, uint pending)
    {
        var load = new ClusterLoadState();
        load.Configure(new ConnectionLimits { Connections = connections, Pending = pending }, null);
        return load.Connections;
    }

    private sealed class Waiter : ConnectionWaiter
    {
        internal int Turns { get; private set; }

        protected internal override void OnTurn() => Turns++;
    }

    [Fact]
    public void Load_OfClusterWithoutLimits_AsksNoQueueAndIsKnownByOneObject()
    {
        var load = new ClusterLoadState();
        load.Configure(null, null);
        Assert.False(load.LimitsConnections);
        Assert.Equal(0, load.Used(ClusterResource.Connections) + load.Used(ClusterResource.Pending));
        load.Configure(new ConnectionLimits { Connections = 1 }, null);
        Assert.True(load.LimitsConnections);
        Assert.Same(load.SocketClosed, load.SocketClosed);
        Assert.Same(load.ConnectionClosed, load.ConnectionClosed);
        Assert.True(load.Connections.TryEnter());
        load.ConnectionClosed();
        load.Configure(null, null);
        Assert.False(load.LimitsConnections);
        Assert.Equal(0, load.Used(ClusterResource.Connections));
    }
}
