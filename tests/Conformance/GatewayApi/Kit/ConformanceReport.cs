using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>What the run saw, as the ConformanceReport that implementations publish (conformance/apis/v1). A replayed suite, so it says so.</summary>
internal sealed class ConformanceReport
{
    private static readonly string Path = System.IO.Path.Combine(SuiteData.Repository, "artifacts/gateway-api-conformance.yaml");

    private readonly ConcurrentDictionary<string, string> _failures = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, bool> _passed = new(StringComparer.Ordinal);

    public void Passed(GatewayTest test) => _passed[test.Name] = true;

    public void Failed(GatewayTest test, string why) => _failures[test.Name] = why.ReplaceLineEndings(" ");

    /// <summary>Only a run of every test is a report; one that looked at some writes nothing.</summary>
    public void Write()
    {
        if (_passed.Count + _failures.Count < SuiteTests.All.Count)
        {
            return;
        }

        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        string text = Text();
        File.WriteAllText(Path, text);
        if (Environment.GetEnvironmentVariable("WEFT_UPDATE") == "1")
        {
            File.WriteAllText(System.IO.Path.Combine(SuiteData.Repository, "docs/gateway-api-conformance.yaml"), text);
            File.WriteAllText(System.IO.Path.Combine(SuiteData.Repository, "docs/gateway-api.md"), FeaturePage.Text(t => _passed.ContainsKey(t.Name)));
        }
    }

    private string Text()
    {
        var text = new StringBuilder();
        text.Append("# Written by tests/Conformance/GatewayApi: the suite's manifests, its tests told anew in C#, against Weft's processes.\n")
            .Append("apiVersion: gateway.networking.k8s.io/v1\nkind: ConformanceReport\n")
            .Append(CultureInfo.InvariantCulture, $"date: \"{DateTime.UtcNow:yyyy-MM-dd}\"\n")
            .Append("gatewayAPIVersion: v1.6.1\ngatewayAPIChannel: experimental\nmode: replayed\n")
            .Append("implementation:\n  organization: weft\n  project: weft\n  version: main\n  url: https://weft.dev\n  contact: []\nprofiles:\n");
        foreach (Profile profile in Profile.All)
        {
            GatewayTest[] own = [.. SuiteTests.All.Where(t => !t.Provisional)];
            text.Append(CultureInfo.InvariantCulture, $"- name: {profile.Name}\n");
            Part(text, "core", [.. own.Where(profile.IsCore)]);
            Part(text, "extended", [.. own.Where(profile.IsExtended)]);
            Features(text, profile, own);
        }

        GatewayTest[] provisional = [.. SuiteTests.All.Where(t => t.Provisional && _passed.ContainsKey(t.Name))];
        text.Append("succeededProvisionalTests:\n");
        foreach (GatewayTest test in provisional.OrderBy(t => t.Name, StringComparer.Ordinal))
        {
            text.Append(CultureInfo.InvariantCulture, $"- {test.Name}\n");
        }

        return text.ToString();
    }

    private void Part(StringBuilder text, string name, GatewayTest[] tests)
    {
        string[] failed = [.. tests.Select(t => t.Name).Where(_failures.ContainsKey).Order(StringComparer.Ordinal)];
        text.Append(CultureInfo.InvariantCulture, $"  {name}:\n    result: {(failed.Length == 0 ? "success" : "failure")}\n    statistics:\n")
            .Append(CultureInfo.InvariantCulture, $"      Failed: {failed.Length}\n      Passed: {tests.Length - failed.Length}\n      Skipped: 0\n");
        foreach ((string test, int i) in failed.Select((f, i) => (f, i)))
        {
            text.Append(i == 0 ? "    failedTests:\n" : "").Append(CultureInfo.InvariantCulture, $"    - {test}\n");
        }
    }

    /// <summary>Of the extended features: supported when every test that needs them passed.</summary>
    private void Features(StringBuilder text, Profile profile, GatewayTest[] own)
    {
        ILookup<bool, string> supported = profile.Extended.Order(StringComparer.Ordinal)
            .Where(f => SuiteTests.All.Any(t => t.Features.Contains(f) && (profile.IsExtended(t) || t.Provisional)))
            .ToLookup(f => SuiteTests.All.Where(t => t.Features.Contains(f) && profile.IsExtended(t)).All(t => _passed.ContainsKey(t.Name)));
        foreach ((bool good, string title) in ((bool, string)[])[(true, "supportedFeatures"), (false, "unsupportedFeatures")])
        {
            foreach ((string feature, int i) in supported[good].Select((f, i) => (f, i)))
            {
                text.Append(i == 0 ? $"    {title}:\n" : "").Append(CultureInfo.InvariantCulture, $"    - {feature}\n");
            }
        }
    }
}
