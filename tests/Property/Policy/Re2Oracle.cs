using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text;

namespace Weft.Property.Policy;

/// <summary>
/// RE2 itself, to compare with: a few lines of C++ compiled into a temporary folder against Debian's libre2-dev (or the headers under WEFT_RE2_INCLUDE).
/// </summary>
internal static class Re2Oracle
{
    private const string Source = """
        #include <re2/re2.h>
        #include <iostream>
        #include <string>
        static std::string unhex(const std::string& h) {
          std::string s;
          for (size_t i = 0; i + 1 < h.size(); i += 2) s.push_back((char)std::stoi(h.substr(i, 2), nullptr, 16));
          return s;
        }
        static std::string hex(const std::string& s) {
          static const char* d = "0123456789ABCDEF";
          std::string h;
          for (unsigned char c : s) { h.push_back(d[c >> 4]); h.push_back(d[c & 15]); }
          return h;
        }
        int main() {
          RE2::Options options;
          options.set_log_errors(false);
          std::string kind, pattern, text, substitution;
          while (std::cin >> kind >> pattern >> text >> substitution) {
            RE2 re(unhex(pattern.substr(1)), options);
            if (!re.ok()) { std::cout << "E\n"; continue; }
            if (kind == "M") { std::cout << (RE2::FullMatch(unhex(text.substr(1)), re) ? "1\n" : "0\n"); continue; }
            std::string s = unhex(text.substr(1)), error;
            if (!re.CheckRewriteString(unhex(substitution.substr(1)), &error)) { std::cout << "S\n"; continue; }
            RE2::GlobalReplace(&s, re, unhex(substitution.substr(1)));
            std::cout << "=" << hex(s) << "\n";
          }
        }
        """;

    private static readonly string[] Libraries = ["/usr/lib/x86_64-linux-gnu/libre2.so", "/usr/lib/x86_64-linux-gnu/libre2.so.9", "/usr/lib/aarch64-linux-gnu/libre2.so"];

    /// <summary>Null when something is missing here; <paramref name="why"/> says what.</summary>
    public static string? Build(string folder, out string why)
    {
        string include = Environment.GetEnvironmentVariable("WEFT_RE2_INCLUDE") ?? "/usr/include";
        string? library = Libraries.FirstOrDefault(File.Exists);
        why = "RE2 to compare with is missing: install libre2-dev and g++ (WEFT_RE2_INCLUDE names another place for its headers).";
        if (library is null || !File.Exists(Path.Combine(include, "re2/re2.h")) || !File.Exists("/usr/bin/g++"))
        {
            return null;
        }

        string source = Path.Combine(folder, "oracle.cc");
        string binary = Path.Combine(folder, "oracle");
        File.WriteAllText(source, Source);
        using var compiler = Process.Start(new ProcessStartInfo("/usr/bin/g++", ["-O1", "-std=c++17", "-I", include, source, library, "-o", binary]))
            ?? throw new InvalidOperationException("g++ did not start");
        compiler.WaitForExit();
        return compiler.ExitCode == 0 ? binary : null;
    }

    /// <summary>Asks all questions in one run: (kind M or R, pattern, text, substitution).</summary>
    public static async Task<string[]> AskAsync(string binary, IReadOnlyList<(string Kind, string Pattern, byte[] Text, string Substitution)> questions)
    {
        using var oracle = Process.Start(new ProcessStartInfo(binary) { RedirectStandardInput = true, RedirectStandardOutput = true })
            ?? throw new InvalidOperationException("the oracle did not start");
        var answers = oracle.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        foreach (var (kind, pattern, text, substitution) in questions)
        {
            await oracle.StandardInput.WriteLineAsync($"{kind} x{Hex(pattern)} x{Convert.ToHexString(text)} x{Hex(substitution)}");
        }

        oracle.StandardInput.Close();
        return (await answers).Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    private static string Hex(string text) => Convert.ToHexString(Encoding.UTF8.GetBytes(text));
}
