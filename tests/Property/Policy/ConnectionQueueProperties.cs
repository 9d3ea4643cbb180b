using CsCheck;
using Weft.Model.V1;
using Weft.Policy.Limits;

namespace Weft.Property.Policy;

public sealed class ConnectionQueueProperties
{
    /// <summary>
    /// M come at once for N places with room for P to wait: exactly M-N-P are refused, and as places are given back, in any order, every one that waits
    /// is served, in the order in which they came, with never more than N at a time.
    /// </summary>
    [Fact]
    public void Queue_AnyCrowd_RefusesExactlyTheOverflowAndLosesNobody() =>
        Gen.Select(Gen.Int[1, 8], Gen.Int[1, 12], Gen.Int[1, 40]).Sample((places, room, crowd) =>
        {
            var load = new ClusterLoadState();
            load.Configure(new ConnectionLimits { Connections = (uint)places, Pending = (uint)room }, null);
            ConnectionQueue queue = load.Connections;
            var served = new List<int>();
            Waiter[] waiters = [.. Enumerable.Range(0, crowd).Select(i => new Waiter(i, served))];
            TurnOutcome[] outcomes = [.. waiters.Select(queue.Enter)];
            int taken = outcomes.Count(o => o == TurnOutcome.Taken);
            int waiting = outcomes.Count(o => o == TurnOutcome.Waits);
            bool isExact = taken == Math.Min(places, crowd) && waiting == Math.Min(room, crowd - taken)
                && queue.PendingOverflows == crowd - taken - waiting && queue.Pending == waiting;
            bool isBounded = true;
            for (int ended = 0; ended < taken + waiting; ended++)
            {
                isBounded &= queue.Used <= places;
                int before = served.Count;
                queue.Exit();
                if (served.Count > before)
                {
                    queue.EndPending();
                }
            }

            return isExact && isBounded && queue is { Used: 0, Pending: 0 } && served.SequenceEqual(Enumerable.Range(taken, waiting));
        });

    /// <summary>Any history of coming, giving up, giving back and new limits: places and waits are never lost and never counted twice.</summary>
    [Fact]
    public void Queue_AnyHistory_KeepsItsCounts() => Gen.Select(Gen.Int[0, 5], Gen.Int[0, 99]).Array[1, 300].Sample(steps =>
    {
        var load = new ClusterLoadState();
        load.Configure(new ConnectionLimits { Connections = 3, Pending = 4 }, null);
        ConnectionQueue queue = load.Connections;
        var holding = new List<Waiter>();
        var waiting = new List<Waiter>();
        foreach ((int what, int which) in steps)
        {
            switch (what)
            {
                case <= 1:
                    var comer = new Waiter(which, []);
                    (queue.Enter(comer) switch { TurnOutcome.Taken => holding, TurnOutcome.Waits => waiting, _ => [] }).Add(comer);
                    break;
                case 2 or 3 when holding.Count > 0:
                    holding.RemoveAt(which % holding.Count);
                    queue.Exit();
                    break;
                case 4 when waiting.Count > 0:
                    Waiter tired = waiting[which % waiting.Count];
                    waiting.Remove(tired);
                    queue.EndPending();
                    if (!queue.Leave(tired))
                    {
                        return false; // its turn had come, and it was not told
                    }

                    break;
                case 5:
                    load.Configure(new ConnectionLimits { Connections = (uint)(which % 6) + 1, Pending = 4 }, null);
                    break;
            }

            foreach (Waiter served in waiting.Where(w => w.HasTurn).ToArray())
            {
                waiting.Remove(served);
                holding.Add(served);
                queue.EndPending();
            }

            if (queue.Used != holding.Count || queue.Pending != waiting.Count || (waiting.Count > 0 && queue.Used < queue.Limit))
            {
                return false;
            }
        }

        return true;
    });

    private sealed class Waiter(int number, List<int> served) : ConnectionWaiter
    {
        internal bool HasTurn { get; private set; }

        protected internal override void OnTurn()
        {
            HasTurn = true;
            served.Add(number);
        }
    }
}
