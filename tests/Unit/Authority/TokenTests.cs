using Weft.Authority;
using Weft.Authority.Issue;

namespace Weft.Unit.Authority;

public sealed class TokenTests
{
    private static readonly TokenBinding Reviews = new("default", "reviews", "reviews-v1-x", "uid-1");

    [Fact]
    public void Token_Used_IsRefusedAfterwardsAlsoAfterARestart()
    {
        using var fixture = new AuthorityFixture();
        MintedToken token = fixture.Authority.Tokens.Mint(Reviews, TimeSpan.FromMinutes(10));

        Assert.Equal("reviews-v1-x", fixture.IssueByToken(token.Text).Svid?.Pod);

        Assert.Equal(IssueRefusal.NotProved, fixture.IssueByToken(token.Text).Refusal);
        fixture.Restart();
        Assert.Equal(IssueRefusal.NotProved, fixture.IssueByToken(token.Text).Refusal);
    }

    [Fact]
    public void Token_Unused_SurvivesARestart()
    {
        using var fixture = new AuthorityFixture();
        MintedToken token = fixture.Authority.Tokens.Mint(Reviews, TimeSpan.FromMinutes(10));
        fixture.Restart();

        Assert.NotNull(fixture.IssueByToken(token.Text).Svid);
    }

    [Fact]
    public void Token_AtItsExpiry_IsRefused()
    {
        using var fixture = new AuthorityFixture();
        MintedToken token = fixture.Authority.Tokens.Mint(Reviews, TimeSpan.FromMinutes(10));

        fixture.Time.Advance(TimeSpan.FromMinutes(10));

        Assert.Equal(IssueRefusal.NotProved, fixture.IssueByToken(token.Text).Refusal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("weft1.")]
    [InlineData("weft1.abc")]
    [InlineData("weft1.abc.def")]
    [InlineData("weft1.****.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("Bearer x")]
    public void Token_Malformed_IsRefused(string text)
    {
        using var fixture = new AuthorityFixture();

        Assert.Equal(IssueRefusal.NotProved, fixture.IssueByToken(text).Refusal);
    }

    [Fact]
    public void Token_RightIdWrongSecret_IsRefusedAndNotUsedUp()
    {
        using var fixture = new AuthorityFixture();
        string token = fixture.Authority.Tokens.Mint(Reviews, TimeSpan.FromMinutes(10)).Text;
        string secret = token.Split('.')[2];
        string guessed = token.Replace(secret, new string('A', secret.Length), StringComparison.Ordinal);

        Assert.Equal(IssueRefusal.NotProved, fixture.IssueByToken(guessed).Refusal);
        Assert.NotNull(fixture.IssueByToken(token).Svid);
    }

    [Fact]
    public void Token_OfThePodThatIsGone_IsNotAllowed()
    {
        using var fixture = new AuthorityFixture();
        string token = fixture.Authority.Tokens.Mint(Reviews, TimeSpan.FromMinutes(10)).Text;

        Assert.Equal(IssueRefusal.NotAllowed, fixture.IssueByToken(token, podIsCurrent: false).Refusal);
    }

    [Fact]
    public void Token_OfTheControlPlanesNamespace_GivesNoIdentity()
    {
        using var fixture = new AuthorityFixture();
        string token = fixture.Authority.Tokens.Mint(new TokenBinding(MeshAuthority.SystemNamespace, "weft-control"), TimeSpan.FromMinutes(10)).Text;

        Assert.Equal(IssueRefusal.NotAllowed, fixture.IssueByToken(token).Refusal);
    }

    [Fact]
    public void Token_WithMalformedRequest_IsNotUsedUp()
    {
        using var fixture = new AuthorityFixture();
        string token = fixture.Authority.Tokens.Mint(Reviews, TimeSpan.FromMinutes(10)).Text;

        Assert.Equal(IssueRefusal.BadRequest, fixture.Authority.IssueForToken([1, 2, 3], token, "test", _ => true).Refusal);
        Assert.NotNull(fixture.IssueByToken(token).Svid);
    }

    [Fact]
    public void Mint_BeyondTheLimit_ThrowsUntilSomeExpire()
    {
        using var fixture = new AuthorityFixture(o => o with { TokensOutstandingMax = 2 });
        fixture.Authority.Tokens.Mint(Reviews, TimeSpan.FromMinutes(1));
        fixture.Authority.Tokens.Mint(Reviews, TimeSpan.FromMinutes(1));

        Assert.Throws<TokenLimitException>(() => fixture.Authority.Tokens.Mint(Reviews, TimeSpan.FromMinutes(1)));
        fixture.Time.Advance(TimeSpan.FromMinutes(1));
        fixture.Authority.Tokens.Mint(Reviews, TimeSpan.FromMinutes(1));
    }

    [Fact]
    public void Token_OnDisk_HoldsNoSecret()
    {
        using var fixture = new AuthorityFixture();
        string token = fixture.Authority.Tokens.Mint(Reviews, TimeSpan.FromMinutes(10)).Text;
        string file = Path.Combine(fixture.Options.Directory, "tokens.json");

        Assert.DoesNotContain(token.Split('.')[2], File.ReadAllText(file), StringComparison.Ordinal);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(file));
    }
}
