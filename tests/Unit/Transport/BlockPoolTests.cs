using Weft.Transport;

namespace Weft.Unit.Transport;

public sealed class BlockPoolTests
{
    private const int Blocks = 5;

    [Fact]
    public void TryRent_AtTheLimit_SaysNoUntilSomethingComesBack()
    {
        using var pool = new BlockPool(Blocks * BlockPool.BlockBytes);
        Block[] rented = [.. Enumerable.Range(0, Blocks).Select(_ => Rent(pool))];
        Assert.False(pool.TryRent(out _));
        Assert.False(pool.TryRentLarge(2 * BlockPool.BlockBytes, out _));
        pool.Return(rented[0]);
        Assert.True(pool.TryRent(out Block? again));
        pool.Return(again);
        foreach (Block block in rented[1..])
        {
            pool.Return(block);
        }

        Assert.Equal((0, 0L), (pool.Rented, pool.UsedBytes));
    }

    [Fact]
    public void ReleaseFree_AfterABurst_HoldsNothingAndTheBlocksServeAgain()
    {
        using var pool = new BlockPool();
        Block[] rented = [.. Enumerable.Range(0, Blocks).Select(_ => Rent(pool))];
        foreach (Block block in rented)
        {
            block.Unfilled.Fill(1);
            pool.Return(block);
        }

        Assert.Equal(Blocks * BlockPool.BlockBytes, pool.HeldBytes);
        Assert.True(pool.TryReleaseFree());
        Assert.Equal(0, pool.HeldBytes);
        Block cold = Rent(pool);
        Assert.Equal(0, cold.Unfilled[0]); // its page was given back, and came anew
        cold.Unfilled.Fill(2);
        pool.Return(cold);
    }

    private static Block Rent(BlockPool pool)
    {
        Assert.True(pool.TryRent(out Block? block));
        return block;
    }
}
