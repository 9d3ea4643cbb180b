using System.Runtime.InteropServices;
using Weft.Transport;

namespace Weft.Unit.Transport;

/// <summary>What a connection keeps while nothing happens on it: our objects, and what libssl has allocated. Counted alone, since all tests share one heap.</summary>
[Collection(nameof(Alone))]
public sealed class IdleMemoryTests
{
    private const int Pairs = 200;

    // The compiler and the runtime allocate beside us, and the collector still finds what was before: the batch in the middle tells.
    private const int Batches = 7;
    private const int PlainBytesMax = 2 << 10;

    // Some 4 KiB: the keys of both directions in libcrypto, and what stands in TlsPeer. The rest is for what the runtime does meanwhile.
    private const int SecureBytesMax = 8 << 10;

    [Theory]
    [InlineData(false, TlsPeerCheck.None, PlainBytesMax)]
    [InlineData(true, TlsPeerCheck.None, SecureBytesMax)]
    [InlineData(true, TlsPeerCheck.Required, SecureBytesMax)]
    public async Task Connection_Idle_KeepsLittle(bool isSecure, TlsPeerCheck clients, int bytesMax)
    {
        using var kit = new LoopKit();
        var authority = new TestAuthority();
        using TlsContext server = TlsContext.Server(authority.Options("spiffe://weft.local/ns/default/sa/api") with { ClientCertificate = clients });
        using TlsContext client = TlsContext.Client(authority.Options("spiffe://weft.local/ns/default/sa/web"));
        var held = new List<LoopConnection>();
        SocketTarget target = kit.Serve(async LoopTask (c) =>
        {
            if (isSecure)
            {
                await c.SecureAsServer(server);
            }

            c.SetReadDeadline(60_000);
            await LoopConnectionTests.EchoAsync(c);
        });
        var kept = new List<double>();
        for (int i = 0; i < Batches; i++)
        {
            (long managed, long native) = Now();
            await OpenAsync(kit, target, isSecure ? client : null, held, Pairs);
            (long managedAfter, long nativeAfter) = Now();
            TestContext.Current.TestOutputHelper?.WriteLine($"{(managedAfter - managed) / (2 * Pairs)} bytes managed, {(nativeAfter - native) / (2 * Pairs)} native");
            kept.Add((managedAfter - managed + nativeAfter - native) / (2.0 * Pairs));
        }

        Assert.InRange(kept.Order().ElementAt(Batches / 2), 0, bytesMax);
        GC.KeepAlive(held);
    }

    private static async Task OpenAsync(LoopKit kit, SocketTarget target, TlsContext? tls, List<LoopConnection> held, int count)
    {
        for (int i = 0; i < count; i++)
        {
            held.Add(await kit.RunAsync(async LoopTask<LoopConnection> () =>
            {
                LoopConnection connection = await kit.DialAsync(target);
                if (tls is not null)
                {
                    Assert.Equal(IoStatus.Ok, await connection.SecureAsClient(tls, "api"));
                }

                connection.Write("ping"u8);
                await connection.ReadAsync();
                connection.Consume(connection.Input.Length);
                Assert.False(connection.ReadAsync().GetAwaiter().IsCompleted); // gives its block back, as whoever waits for more does
                return connection;
            }));
        }
    }

    private static (long Managed, long Native) Now()
    {
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        MallocInfo info = mallinfo2();
        return (managed, (long)(info.InUse + info.Mapped));
    }

    [DllImport("libc")]
    private static extern MallocInfo mallinfo2();

    /// <summary>struct mallinfo2 of malloc.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly struct MallocInfo
    {
        private readonly nuint _arena, _ordblks, _smblks, _hblks;

        internal readonly nuint Mapped;

        private readonly nuint _usmblks, _fsmblks;

        internal readonly nuint InUse;

        private readonly nuint _fordblks, _keepcost;
    }
}

/// <summary>Tests that measure the whole process.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
