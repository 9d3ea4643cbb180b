using Weft.Telemetry.Buffers;

namespace Weft.Unit.Telemetry;

public sealed class ByteRingTests
{
    [Fact]
    public void Ring_ManyWraps_GivesBackEveryRecordInOrder()
    {
        var ring = new ByteRing(256);
        var random = new Random(7);
        var expected = new Queue<byte[]>();
        for (int i = 0; i < 5_000; i++)
        {
            byte[] record = new byte[random.Next(0, 100)];
            random.NextBytes(record);
            if (ring.TryWrite(record))
            {
                expected.Enqueue(record);
            }

            while (random.Next(2) == 0 && ring.TryPeek(out ReadOnlyMemory<byte> read))
            {
                Assert.Equal(expected.Dequeue(), read.ToArray());
                ring.Release(read.Length);
            }
        }

        while (ring.TryPeek(out ReadOnlyMemory<byte> read))
        {
            Assert.Equal(expected.Dequeue(), read.ToArray());
            ring.Release(read.Length);
        }

        Assert.Empty(expected);
        Assert.True(ring.IsEmpty);
    }

    [Fact]
    public void Ring_Full_DropsAndCounts()
    {
        var ring = new ByteRing(64);
        Assert.True(ring.TryWrite(new byte[28]));
        Assert.True(ring.TryWrite(new byte[28]));
        Assert.False(ring.TryWrite(new byte[1]));
        Assert.False(ring.TryWrite(new byte[33]));
        Assert.Equal(2, ring.Drops);
    }

    [Fact]
    public void Ring_TwoThreads_LosesNothingItTook()
    {
        var ring = new ByteRing(1 << 10);
        const int records = 200_000;
        long taken = 0;
        var consumer = new Thread(() =>
        {
            int next = 0;
            while (next >= 0)
            {
                if (!ring.TryPeek(out ReadOnlyMemory<byte> record))
                {
                    Thread.Yield();
                    continue;
                }

                int value = BitConverter.ToInt32(record.Span);
                next = value < 0 ? -1 : value >= next ? value + 1 : throw new InvalidOperationException("out of order");
                taken++;
                ring.Release(record.Length);
            }
        });
        consumer.Start();
        long put = 0;
        for (int i = 0; i <= records; i++)
        {
            byte[] record = BitConverter.GetBytes(i == records ? -1 : i);
            while (!ring.TryWrite(record) && i == records)
            {
                Thread.Yield();
            }

            put++;
        }

        consumer.Join();
        Assert.True(taken > 0 && taken <= put);
    }
}
