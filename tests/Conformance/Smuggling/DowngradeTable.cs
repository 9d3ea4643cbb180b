namespace Weft.Conformance.Smuggling;

/// <summary>
/// HTTP/2 before servers of HTTP/1: every row goes through the shipped proxy to nginx, to HAProxy and to a server that takes nothing on trust. A row is refused, or exactly
/// one well-formed request arrives with the same content; the next client's request gets its own answer in any case.
/// </summary>
public sealed class DowngradeTable(DowngradeWorld world) : IClassFixture<DowngradeWorld>
{
    private const int RowsMin = 120;

    public static TheoryData<DowngradeCase> Cases => [.. DowngradeFieldRows.All, .. DowngradeTargetRows.All, .. DowngradeContentRows.All];

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Input_BeforeNginx_IsOneRequestOrNone(DowngradeCase row) => world.BeforeNginx.CheckAsync(row);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Input_BeforeHaproxy_IsOneRequestOrNone(DowngradeCase row) => world.BeforeHaproxy.CheckAsync(row);

    [Theory]
    [MemberData(nameof(Cases))]
    public Task Input_BeforeAStrictServer_IsOneRequestOrNone(DowngradeCase row) => world.CheckContentAsync(row);

    [Fact]
    public void Table_IsLongEnough_AndHasNoRowTwice()
    {
        string[] rows = [.. Cases.Select(c => c.Data.Frames)];
        Assert.InRange(rows.Length, RowsMin, int.MaxValue);
        Assert.Equal(rows.Length, rows.Distinct(StringComparer.Ordinal).Count());
    }
}
