using System.Diagnostics;
using System.Text;

namespace Weft.EndToEnd.Kit;

/// <summary>A program that runs beside the test: what it says can be waited for, and it is interrupted at the end as by Ctrl-C.</summary>
public sealed class LiveProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);
    private readonly Process _process;
    private readonly StringBuilder _said = new();
    private readonly List<(string Text, TaskCompletionSource<string> Seen)> _waiting = [];

    private LiveProcess(Process process) => _process = process;

    public int Id => _process.Id;

    public string Said
    {
        get
        {
            lock (_said)
            {
                return _said.ToString();
            }
        }
    }

    public static LiveProcess Start(string program, IEnumerable<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        var info = new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        foreach ((string key, string value) in environment)
        {
            info.Environment[key] = value;
        }

        var live = new LiveProcess(new Process { StartInfo = info, EnableRaisingEvents = true });
        live._process.OutputDataReceived += (_, line) => live.Take(line.Data);
        live._process.ErrorDataReceived += (_, line) => live.Take(line.Data);
        live._process.Start();
        live._process.BeginOutputReadLine();
        live._process.BeginErrorReadLine();
        return live;
    }

    /// <summary>The first line that contains the text.</summary>
    public async Task<string> SaysAsync(string text)
    {
        TaskCompletionSource<string> seen = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_said)
        {
            if (_said.ToString().Split('\n').FirstOrDefault(l => l.Contains(text, StringComparison.Ordinal)) is { } line)
            {
                return line;
            }

            _waiting.Add((text, seen));
        }

        try
        {
            await Task.WhenAny(seen.Task, _process.WaitForExitAsync()).WaitAsync(Limit);
            return seen.Task.IsCompletedSuccessfully ? await seen.Task : throw new InvalidOperationException($"It ended with {_process.ExitCode} without saying '{text}':\n{Said}");
        }
        catch (TimeoutException)
        {
            throw new TimeoutException($"It did not say '{text}' within {Limit.TotalSeconds} s:\n{Said}");
        }
    }

    public async Task<int> EndsAsync()
    {
        await _process.WaitForExitAsync().WaitAsync(Limit);
        return _process.ExitCode;
    }

    /// <summary>Ctrl-C, then its exit code.</summary>
    public async Task<int> InterruptAsync()
    {
        if (!_process.HasExited)
        {
            using Process kill = Process.Start("kill", ["-INT", $"{_process.Id}"]);
            await kill.WaitForExitAsync();
        }

        return await EndsAsync();
    }

    public async ValueTask DisposeAsync()
    {
        try
        {
            await InterruptAsync();
        }
        catch (TimeoutException)
        {
            _process.Kill(entireProcessTree: true);
            throw new TimeoutException($"It did not end after SIGINT:\n{Said}");
        }
        finally
        {
            _process.Dispose();
        }
    }

    private void Take(string? line)
    {
        if (line is null)
        {
            return;
        }

        lock (_said)
        {
            _said.AppendLine(line);
            foreach ((string text, TaskCompletionSource<string> seen) in _waiting)
            {
                if (line.Contains(text, StringComparison.Ordinal))
                {
                    seen.TrySetResult(line);
                }
            }
        }
    }
}
