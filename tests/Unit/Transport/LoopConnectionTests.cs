using System.Net;
using System.Text;
using Weft.Primitives;
using Weft.Transport;

namespace Weft.Unit.Transport;

public sealed class LoopConnectionTests
{
    [Fact]
    public async Task Write_ToEchoingPeer_ComesBack()
    {
        using var kit = new LoopKit();
        SocketTarget echo = kit.Serve(EchoAsync);
        string answer = await kit.RunAsync(async LoopTask<string> () =>
        {
            LoopConnection connection = await kit.DialAsync(echo);
            connection.Write("hello "u8);
            connection.Write("loop"u8);
            connection.Finish();
            while (await connection.ReadAsync() == IoStatus.Ok)
            {
            }

            string text = Encoding.ASCII.GetString(connection.Input);
            connection.Close();
            return text;
        });
        Assert.Equal("hello loop", answer);
    }

    [Fact]
    public async Task Write_MoreThanThePeerTakes_WaitsAndThenArrivesWhole()
    {
        using var kit = new LoopKit(loops: 2);
        SocketTarget echo = kit.Serve(EchoAsync);
        const int Total = 8 << 20;
        long received = await kit.RunAsync(async LoopTask<long> () =>
        {
            LoopConnection connection = await kit.DialAsync(echo);
            LoopTask<int> writing = WriteAsync(connection, Total);
            long count = 0;
            while (await connection.ReadAsync() == IoStatus.Ok)
            {
                bool isRight = true; // one assertion for each of millions of bytes would be most of the test's time
                foreach (byte b in connection.Input)
                {
                    isRight &= b == (byte)(count++ % 251);
                }

                Assert.True(isRight);

                connection.Consume(connection.Input.Length);
            }

            Assert.Equal(Total, await writing);
            connection.Close();
            return count;
        });
        Assert.Equal(Total, received);
    }

    [Fact]
    public async Task Abort_PeerReading_SeesReset()
    {
        using var kit = new LoopKit();
        SocketTarget target = kit.Serve(async LoopTask (c) =>
        {
            await c.ReadAsync();
            c.Abort();
        });
        IoStatus status = await kit.RunAsync(async LoopTask<IoStatus> () =>
        {
            LoopConnection connection = await kit.DialAsync(target);
            connection.Write("x"u8);
            IoStatus end = await connection.ReadAsync();
            connection.Close();
            return end;
        });
        Assert.Equal(IoStatus.Reset, status);
    }

    [Fact]
    public async Task ReadAsync_DeadlinePassed_TimesOutAndCanReadOn()
    {
        using var kit = new LoopKit();
        SocketTarget echo = kit.Serve(EchoAsync);
        string seen = await kit.RunAsync(async LoopTask<string> () =>
        {
            LoopConnection connection = await kit.DialAsync(echo);
            connection.SetReadDeadline(30);
            IoStatus first = await connection.ReadAsync();
            connection.SetReadDeadline(0);
            connection.Write("later"u8);
            IoStatus second = await connection.ReadAsync();
            string text = $"{first} {second} {Encoding.ASCII.GetString(connection.Input)}";
            connection.Close();
            return text;
        });
        Assert.Equal("TimedOut Ok later", seen);
    }

    [Fact]
    public async Task ConnectAsync_NobodyListens_IsRefused()
    {
        using var kit = new LoopKit();
        int fd = Sockets.Listen(SocketTarget.Ip(IPAddress.Loopback, 0));
        SocketTarget target = SocketTarget.Ip(Sockets.LocalAddress(fd)!);
        Sockets.Close(fd);
        Fault fault = await kit.RunAsync(async LoopTask<Fault> () => (await Connector.ConnectAsync(kit.Loop, target, 1_000)).Fault);
        Assert.Equal(Fault.UpstreamRefused, fault);
    }

    [Fact]
    public async Task Exchange_Warm_AllocatesNothing()
    {
        using var kit = new LoopKit();
        SocketTarget echo = kit.Serve(EchoAsync);
        long bytes = await kit.RunAsync(async LoopTask<long> () =>
        {
            LoopConnection connection = await kit.DialAsync(echo);
            long before = 0;
            for (int i = 0; i < 1_000; i++)
            {
                if (i == 50)
                {
                    before = GC.GetAllocatedBytesForCurrentThread();
                }

                connection.Write("ping"u8);
                await connection.ReadAsync();
                connection.Consume(connection.Input.Length);
            }

            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            connection.Close();
            return allocated;
        });
        Assert.Equal(0L, bytes);
    }

    internal static async LoopTask EchoAsync(LoopConnection connection)
    {
        while (await connection.ReadAsync() == IoStatus.Ok)
        {
            connection.Write(connection.Input);
            connection.Consume(connection.Input.Length);
            if (await connection.FlushAsync() != IoStatus.Ok)
            {
                break;
            }
        }

        connection.Finish();
        await connection.DrainAsync();
        connection.Close();
    }

    private static async LoopTask<int> WriteAsync(LoopConnection connection, int total)
    {
        byte[] piece = new byte[10_000];
        int written = 0;
        while (written < total)
        {
            int count = Math.Min(piece.Length, total - written);
            for (int i = 0; i < count; i++)
            {
                piece[i] = (byte)((written + i) % 251);
            }

            connection.Write(piece.AsSpan(0, count));
            written += count;
            if (await connection.FlushAsync() != IoStatus.Ok)
            {
                break;
            }
        }

        connection.Finish();
        return written;
    }
}
