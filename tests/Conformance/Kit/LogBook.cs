namespace Weft.Conformance.Kit;

/// <summary>Lines that a process wrote, in its order; whoever waits for one is woken by it. Any thread.</summary>
internal sealed class LogBook
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private TaskCompletionSource _grew = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public string Text => string.Join('\n', From(0));

    public void Add(string line)
    {
        TaskCompletionSource grew;
        lock (_gate)
        {
            _lines.Add(line);
            grew = _grew;
            _grew = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        grew.SetResult();
    }

    public string[] From(int first)
    {
        lock (_gate)
        {
            return [.. _lines.Skip(first)];
        }
    }

    /// <summary>Waits until so many lines have held the text.</summary>
    public async Task WaitAsync(string text, int times = 1)
    {
        for (int first = 0; times > 0; times--)
        {
            first += (await ThroughAsync(first, l => l.Contains(text, StringComparison.Ordinal), ChildProcess.Patience)).Length;
        }
    }

    /// <summary>Waits for the first line that satisfies and gives all up to it, it included.</summary>
    public async Task<string[]> ThroughAsync(int first, Func<string, bool> isLast, TimeSpan patience)
    {
        using var limit = new CancellationTokenSource(patience);
        while (true)
        {
            Task grew;
            lock (_gate)
            {
                int last = _lines.FindIndex(first, l => isLast(l));
                if (last >= 0)
                {
                    return [.. _lines[first..(last + 1)]];
                }

                grew = _grew.Task;
            }

            try
            {
                await grew.WaitAsync(limit.Token);
            }
            catch (OperationCanceledException)
            {
                throw new TimeoutException($"the awaited line did not come within {patience.TotalSeconds} s; there are:\n{string.Join('\n', From(first))}");
            }
        }
    }
}
