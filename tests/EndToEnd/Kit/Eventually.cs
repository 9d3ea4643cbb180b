namespace Weft.EndToEnd.Kit;

/// <summary>
/// Waits until other processes have come to a state that they do not announce. The only place of the tests that looks
/// again and again: whoever can be told waits for the event instead.
/// </summary>
internal static class Eventually
{
    private static readonly TimeSpan Step = TimeSpan.FromMilliseconds(25);

    public static async Task<T> GetAsync<T>(string what, TimeSpan within, Func<Task<T?>> look)
        where T : class
    {
        using var limit = new CancellationTokenSource(within);
        using var timer = new PeriodicTimer(Step);
        Exception? last = null;
        while (true)
        {
            try
            {
                if (await look() is { } found)
                {
                    return found;
                }
            }
            catch (Exception e) when (e is HttpRequestException or IOException or InvalidOperationException or System.Text.Json.JsonException)
            {
                last = e; // not there yet
            }

            try
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"Not within {within.TotalSeconds} s: {what}{(last is null ? "" : $" (last: {last.Message})")}");
            }
        }
    }

    public static Task TrueAsync(string what, TimeSpan within, Func<Task<bool>> look) =>
        GetAsync(what, within, async () => await look() ? "yes" : null);
}
