namespace Weft.Conformance.Smuggling;

/// <summary>
/// Request smuggling (RFC 9112 §11.2): every input goes through the shipped proxy to nginx and to HAProxy, with a marker behind it. Proxy and servers must
/// count the same requests, the next request's answer must be its own, and what was hidden must never arrive as a request.
/// </summary>
public sealed class SmugglingTable(SmugglingWorld world) : IClassFixture<SmugglingWorld>
{
    private const int RowsMin = 150;

    public static TheoryData<SmugglingCase> Cases => [.. LengthRows.All, .. EncodingRows.All, .. ChunkRows.All, .. HeadRows.All];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Input_BeforeNginx_EndsWhereTheProxySays(SmugglingCase row) => world.BeforeNginx.CheckAsync(row);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Input_BeforeHaproxy_EndsWhereTheProxySays(SmugglingCase row) => world.BeforeHaproxy.CheckAsync(row);

    [Fact]
    public void Table_IsLongEnough_AndHasNoRowTwice()
    {
        string[] rows = [.. Cases.Select(c => c.Data.Bytes)];
        Assert.InRange(rows.Length, RowsMin, int.MaxValue);
        Assert.True(rows.Distinct(StringComparer.Ordinal).Count() == rows.Length, string.Join('\n', rows.GroupBy(r => r, StringComparer.Ordinal).Where(g => g.Count() > 1).Select(g => g.Key)));
    }
}
