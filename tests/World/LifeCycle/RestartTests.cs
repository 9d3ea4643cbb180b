using Weft.Proxy.Draining;
using Weft.Proxy.Handover;
using Weft.Transport.Processes;
using Weft.World.DataPath;

namespace Weft.World.LifeCycle;

/// <summary>One proxy takes the place of another: nobody outside notices, and when it fails, nothing has changed.</summary>
public sealed class RestartTests
{
    private const int Restarts = 4;
    private static readonly TimeSpan LongDrain = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Restart_AgainAndAgainUnderLoad_FailsNothing()
    {
        await using LifeKit kit = await LifeKit.StartAsync();
        using var invoker = new HttpMessageInvoker(new SocketsHttpHandler { EnableMultipleHttp2Connections = true });
        await using SteadyLoad load = new SteadyLoad(kit.Http, "app.default").KeepAlive(4).NewConnections(2).Http2(4, invoker);
        await load.ProgressAsync(100);
        var left = new List<Task<bool>>();
        for (int i = 0; i < Restarts; i++)
        {
            left.Add(await kit.RestartAsync(LongDrain));
            await load.ProgressAsync(200);
        }

        Assert.Empty(await load.StopAsync());
        Assert.All(await Task.WhenAll(left), Assert.True);
    }

    [Fact]
    public async Task Restart_WithALongStream_TheOldOneCarriesItToItsEnd()
    {
        await using LifeKit kit = await LifeKit.StartAsync();
        using RawClient stream = await RawClient.ConnectAsync(kit.Tcp);
        await stream.SendAsync("before");
        Assert.Equal("before", await stream.ReadAsync(6));
        Task<bool> left = await kit.RestartAsync(LongDrain);
        await stream.SendAsync("behind");
        Assert.Equal("behind", await stream.ReadAsync(6));
        Assert.False(left.IsCompleted);
        using (RawClient other = await RawClient.ConnectAsync(kit.Tcp)) // gone before the old one is waited for, which may have been the first to accept it
        {
            await other.SendAsync("new");
            Assert.Equal("new", await other.ReadAsync(3));
        }

        stream.FinishSending();
        Assert.Equal("", await stream.ReadToEndAsync());
        Assert.True(await left.WaitAsync(PathKit.Patience));
    }

    [Fact]
    public async Task Restart_WithALongStream_EndsWithTheDrainTime()
    {
        await using LifeKit kit = await LifeKit.StartAsync();
        using RawClient stream = await RawClient.ConnectAsync(kit.Tcp);
        await stream.SendAsync("before");
        Assert.Equal("before", await stream.ReadAsync(6));
        Task<bool> left = await kit.RestartAsync(TimeSpan.FromMilliseconds(200));
        Assert.False(await left.WaitAsync(PathKit.Patience));
    }

    [Fact]
    public async Task NewProcess_DiesBeforeItIsReady_TheOldOneServesOn()
    {
        await using LifeKit kit = await LifeKit.StartAsync();
        var (socket, given) = LifeKit.Give(kit.Proxy);
        var book = new ListenerBook();
        _ = await Task.Run(() => HandoverTaker.Take(socket, book));
        Descriptor.Close(socket);
        book.CloseUnclaimed();
        Assert.Contains("before it was ready", await given.WaitAsync(PathKit.Patience));
        await AssertServesAsync(kit);
        Task<bool> left = await kit.RestartAsync(LongDrain); // and can be restarted after all
        await AssertServesAsync(kit);
        Assert.True(await left.WaitAsync(PathKit.Patience));
    }

    [Fact]
    public async Task NewProcess_SpeaksSomethingElse_TheOldOneServesOn()
    {
        await using LifeKit kit = await LifeKit.StartAsync();
        var (socket, given) = LifeKit.Give(kit.Proxy);
        Assert.True(new HandoverMessage(HandoverKind.Ready).Send(socket));
        Assert.Contains("another protocol", await given.WaitAsync(PathKit.Patience));
        Descriptor.Close(socket);
        await AssertServesAsync(kit);
    }

    /// <summary>The old process is a socket here, so that it can die at each point.</summary>
    [Theory]
    [InlineData(0, false)]
    [InlineData(1, false)]
    [InlineData(2, true)]
    public async Task OldProcess_Dies_TheNewOneGoesOn(int messages, bool wasReady)
    {
        var (old, next) = Descriptor.MessagePair();
        var (listener, other) = Descriptor.Pipe(); // any descriptor does
        using (old)
        using (listener)
        using (other)
        {
            int socket = (int)next.DangerousGetHandle();
            next.SetHandleAsInvalid();
            int giver = (int)old.DangerousGetHandle();
            HandoverMessage[] said = [new(HandoverKind.Listener, "inbound 127.0.0.1:0"), new(HandoverKind.End, "ready")];
            foreach (HandoverMessage message in said.Take(messages))
            {
                Assert.True(message.Send(giver, message.Kind is HandoverKind.Listener ? (int)listener.DangerousGetHandle() : -1));
            }

            old.Dispose();
            var book = new ListenerBook();
            HandoverTaker taker = await Task.Run(() => HandoverTaker.Take(socket, book)).WaitAsync(PathKit.Patience);
            Assert.Equal(wasReady, taker.WasAppReady);
            Assert.Null(await Task.Run(taker.Claim).WaitAsync(PathKit.Patience));
            book.CloseUnclaimed();
        }
    }

    [Fact]
    public async Task OldProcess_GaveUp_TheNewOneMustNotServe()
    {
        var (old, next) = Descriptor.MessagePair();
        using (old)
        {
            int socket = (int)next.DangerousGetHandle();
            next.SetHandleAsInvalid();
            int giver = (int)old.DangerousGetHandle();
            Assert.True(new HandoverMessage(HandoverKind.End).Send(giver));
            HandoverTaker taker = await Task.Run(() => HandoverTaker.Take(socket, new ListenerBook())).WaitAsync(PathKit.Patience);
            Assert.True(new HandoverMessage(HandoverKind.Cancelled, "too late").Send(giver));
            Assert.Equal("too late", await Task.Run(taker.Claim).WaitAsync(PathKit.Patience));
        }
    }

    private static async Task AssertServesAsync(LifeKit kit)
    {
        using RawClient client = await RawClient.ConnectAsync(kit.Http);
        await client.GetAsync("/hello");
        Assert.Equal(LifeOrigin.Answer, (await client.ReadAnswerAsync()).Body);
    }
}
