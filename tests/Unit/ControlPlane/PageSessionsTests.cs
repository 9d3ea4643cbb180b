using Microsoft.Extensions.Time.Testing;
using Weft.Dashboard;

namespace Weft.Unit.ControlPlane;

public sealed class PageSessionsTests
{
    private readonly FakeTimeProvider _time = new();
    private readonly PageSessions _sessions;

    public PageSessionsTests() => _sessions = new PageSessions(_time);

    [Fact]
    public void Link_Used_OpensOneSessionAndNoSecond()
    {
        string link = _sessions.NewLink();

        Assert.True(_sessions.TryRedeem(link, out string session));
        Assert.True(_sessions.IsOpen(session));
        Assert.False(_sessions.TryRedeem(link, out _));
        Assert.False(_sessions.IsOpen(link)); // a link is no session
    }

    [Fact]
    public void Link_Expired_IsRefused()
    {
        string link = _sessions.NewLink();
        _time.Advance(PageSessions.LinkLifetime);

        Assert.False(_sessions.TryRedeem(link, out _));
    }

    [Fact]
    public void Session_Expired_IsClosed()
    {
        _sessions.TryRedeem(_sessions.NewLink(), out string session);
        _time.Advance(PageSessions.SessionLifetime);

        Assert.False(_sessions.IsOpen(session));
    }

    [Fact]
    public void Links_PastTheLimit_ReplaceTheOldest()
    {
        string oldest = _sessions.NewLink();
        _time.Advance(TimeSpan.FromSeconds(1));
        string[] later = [.. Enumerable.Range(0, 64).Select(_ => _sessions.NewLink())];

        Assert.False(_sessions.TryRedeem(oldest, out _));
        Assert.True(_sessions.TryRedeem(later[^1], out _));
    }
}
