using System.Diagnostics;

namespace Weft.Bench.Contenders;

/// <summary>Which peers this machine has: a ratio means nothing without the version it was taken against.</summary>
internal static class PeerVersions
{
    private static readonly string[] Folders = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/usr/local/bin", "/sbin", "/bin"];

    public static IReadOnlyDictionary<string, string> All => new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["haproxy"] = FirstLine("haproxy", "-v"),
        ["nginx"] = FirstLine("nginx", "-v"),
        ["openssl"] = FirstLine("openssl", "version"),
    };

    public static string? Find(string program) =>
        Folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    private static string FirstLine(string program, string argument)
    {
        if (Find(program) is not { } path)
        {
            return "not installed";
        }

        using Process process = Process.Start(new ProcessStartInfo(path, argument) { RedirectStandardOutput = true, RedirectStandardError = true })!;
        string text = process.StandardOutput.ReadToEnd() + process.StandardError.ReadToEnd();
        process.WaitForExit();
        return text.Split('\n')[0].Trim();
    }
}
