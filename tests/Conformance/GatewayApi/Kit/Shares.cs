namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>The suite's measure of weights: each backend within five points of its share of 500 answers, and none that has no share.</summary>
internal static class Shares
{
    public const int Requests = 500;

    private const int Concurrent = 10;
    private const int Tries = 10;
    private const double Tolerance = 0.05;

    /// <param name="ask">One request; the pod that answered.</param>
    public static async Task HoldAsync(Func<CancellationToken, Task<string>> ask, params (string Backend, double Share)[] shares)
    {
        string wrong = "";
        for (int i = 0; i < Tries; i++)
        {
            string[] pods = await SampleAsync(ask);
            wrong = string.Join("; ", shares.Select(s => (s, Got: pods.Count(p => p.StartsWith(s.Backend, StringComparison.Ordinal)) / (double)Requests))
                .Where(s => s.s.Share == 0 ? s.Got > 0 : Math.Abs(s.Got - s.s.Share) > Tolerance).Select(s => $"{s.s.Backend} got {s.Got:P1} instead of {s.s.Share:P0}"));
            if (wrong.Length == 0)
            {
                return;
            }
        }

        Assert.Fail(wrong);
    }

    public static async Task<string[]> SampleAsync(Func<CancellationToken, Task<string>> ask)
    {
        string[] pods = new string[Requests];
        await Parallel.ForAsync(0, Requests, new ParallelOptions { MaxDegreeOfParallelism = Concurrent }, async (i, ct) => pods[i] = await ask(ct));
        return pods;
    }
}
