using System.Diagnostics;
using System.Globalization;
using Weft.Bench.Contenders;

namespace Weft.Bench.Measure;

/// <summary>Load in HTTP/2: h2load of nghttp2, several streams on each connection.</summary>
internal static class H2Load
{
    private const int StreamsPerConnection = 8;

    /// <summary>A message of 32 bytes behind the five of gRPC's prefix.</summary>
    private static readonly byte[] GrpcMessage = [0, 0, 0, 0, 32, .. new byte[32]];

    public static async Task<LoadResult> RunAsync(Workbench bench, LoadOrder order, Speech speech, CancellationToken ct)
    {
        string program = PeerVersions.Find("h2load") ?? throw new BenchException("h2load is missing: apt-get install nghttp2-client");
        string log = Path.Combine(bench.Folder, "h2load.log");
        File.Delete(log);
        string[] arguments =
        [
            "-D", $"{(int)(order.Seconds * 1000)}ms", "-c", $"{order.Connections}", "-m", $"{StreamsPerConnection}", "-t", "1", "-p", "h2c",
            $"--log-file={log}", .. Message(bench, speech), $"http://127.0.0.1:{order.Port}/bench.Echo/Unary",
        ];
        using Process load = bench.Start(Workbench.FirstCore, program, arguments, read: true);
        string text = await load.StandardOutput.ReadToEndAsync(ct);
        await load.WaitForExitAsync(ct);
        return load.ExitCode == 0 && File.Exists(log)
            ? Read(log, order.Seconds)
            : throw new BenchException($"h2load could not reach port {order.Port}: {text.Split('\n').LastOrDefault(l => l.Length > 0)}");
    }

    private static string[] Message(Workbench bench, Speech speech)
    {
        if (speech is not Speech.Grpc)
        {
            return [];
        }

        string file = Path.Combine(bench.Folder, "message.bin");
        File.WriteAllBytes(file, GrpcMessage);
        return ["-d", file, "-H", "content-type: application/grpc", "-H", "te: trailers"];
    }

    /// <summary>A line is: start in microseconds, status, duration in microseconds.</summary>
    private static LoadResult Read(string log, double seconds)
    {
        var took = new List<double>();
        long errors = 0;
        foreach (string line in File.ReadLines(log))
        {
            string[] fields = line.Split('\t');
            if (fields.Length < 3 || fields[1] != "200")
            {
                errors++;
                continue;
            }

            took.Add(double.Parse(fields[2], CultureInfo.InvariantCulture) / 1_000);
        }

        took.Sort();
        double At(double share) => took.Count == 0 ? 0 : took[(int)Math.Min(took.Count - 1, took.Count * share)];
        return new LoadResult(took.Count, errors, seconds, At(0.5), At(0.9), At(0.99), At(0.999));
    }
}
