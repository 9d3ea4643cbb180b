namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>The suite's rule of eventual consistency: something must hold some times in a row before a limit is over.</summary>
internal static class Convergence
{
    /// <summary>In a row; one success may be a leftover of the configuration before.</summary>
    private const int SuccessesWanted = 3;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(12);
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(50);

    /// <param name="look">Null when it holds, else what is wrong.</param>
    public static Task HoldsAsync(string what, Func<CancellationToken, Task<string?>> look) => HoldsAsync(what, SuccessesWanted, look);

    public static Task OnceAsync(string what, Func<CancellationToken, Task<string?>> look) => HoldsAsync(what, 1, look);

    private static async Task HoldsAsync(string what, int wanted, Func<CancellationToken, Task<string?>> look)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var timer = new PeriodicTimer(Step);
        string wrong = "never looked";
        int successes = 0;
        while (true)
        {
            if (await LookAsync(look, limit.Token) is { } reason)
            {
                (wrong, successes) = (reason, 0);
            }
            else if (++successes == wanted)
            {
                return;
            }
            else
            {
                continue; // again at once: only a miss waits
            }

            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"{what}: not within {Limit.TotalSeconds} s; last: {wrong}");
            }
        }
    }

    private static async Task<string?> LookAsync(Func<CancellationToken, Task<string?>> look, CancellationToken ct)
    {
        try
        {
            return await look(ct);
        }
        catch (Exception e) when (e is HttpRequestException or IOException or OperationCanceledException
            or System.Net.Sockets.SocketException or System.Security.Authentication.AuthenticationException or System.Text.Json.JsonException)
        {
            return (e.InnerException ?? e).Message;
        }
    }
}
