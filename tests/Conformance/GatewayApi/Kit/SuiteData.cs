using System.Runtime.CompilerServices;
using Weft.Dialects.Reading;
using Weft.Resources;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>The manifests of the Gateway API's own conformance suite, which lie outside of this repository.</summary>
internal static class SuiteData
{
    public const string ClassName = "gateway-conformance";
    public const string UnusableAddress = "192.0.2.1"; // RFC 5737: for documentation
    public const string UsableAddress = "127.63.0.1";
    public const string ControllerName = "weft.dev/gateway-controller";

    public static readonly string Repository = FindRepository();

    private static readonly string Root = Path.GetFullPath(Path.Combine(
        Environment.GetEnvironmentVariable("WEFT_TESTDATA") ?? Path.Combine(Repository, "../shared/testdata"), "gateway-api/conformance"));

    public static bool IsThere => Directory.Exists(Root);

    public static string Missing => $"the suite's manifests are not below {Root}; WEFT_TESTDATA names the folder that has gateway-api/";

    public static bool Has(string path) => File.Exists(Path.Combine(Root, path));

    /// <summary>The resources of one file, in its order, with the suite's placeholders filled in.</summary>
    public static IReadOnlyList<Resource> Read(string path)
    {
        string text = File.ReadAllText(Path.Combine(Root, path))
            .Replace("{GATEWAY_CLASS_NAME}", ClassName, StringComparison.Ordinal)
            .Replace("{GATEWAY_CONTROLLER_NAME}", ControllerName, StringComparison.Ordinal)
            .Replace("PLACEHOLDER_UNUSABLE_ADDRS", UnusableAddress, StringComparison.Ordinal)
            .Replace("PLACEHOLDER_USABLE_ADDRS", UsableAddress, StringComparison.Ordinal);
        ReadResult read = ResourceReader.ReadText(text, path);
        return read.Resources;
    }

    private static string FindRepository([CallerFilePath] string here = "")
    {
        for (string? folder = Path.GetDirectoryName(here); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, "Weft.slnx")))
            {
                return folder;
            }
        }

        throw new DirectoryNotFoundException($"No Weft.slnx above {here}: the tests run from a checkout.");
    }
}
