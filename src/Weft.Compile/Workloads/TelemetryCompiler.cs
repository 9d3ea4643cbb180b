using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Registry;
using Weft.Model.V1;
using Weft.Resources;

namespace Weft.Compile.Workloads;

/// <summary>telemetry.istio.io Telemetry: root, then namespace, then workload; a later level's word replaces an earlier one's.</summary>
internal sealed class TelemetryCompiler(ResourceSnapshot snapshot, CompileOptions options, MeshSettings settings)
{
    private const double DefaultSamplingPercent = 1;

    private readonly PolicySelection _policies = new(snapshot, IstioKinds.Telemetry, "Telemetry", options.IstioRootNamespace);

    public Telemetry For(WorkloadConfig workload)
    {
        Telemetry telemetry = new()
        {
            SamplingPercent = settings.SamplingPercent ?? DefaultSamplingPercent,
            AccessLog = true,
            OtlpEndpoint = settings.TracingEndpoints.GetValueOrDefault(settings.DefaultTracing, ""),
        };
        IEnumerable<Resource> levels = _policies.For(workload, "").OrderBy(p => p.Namespace != options.IstioRootNamespace).ThenBy(p => PolicySelection.Selector(p).Count > 0);
        foreach (Field spec in levels.Select(p => new Field(p.Spec)))
        {
            foreach (Field tracing in spec["tracing"].Items)
            {
                Tracing(telemetry, tracing);
            }
            foreach (Field log in spec["accessLogging"].Items)
            {
                telemetry.AccessLog = !log["disabled"].IsTrue;
            }
        }
        return telemetry;
    }

    private void Tracing(Telemetry telemetry, Field tracing)
    {
        foreach (Field provider in tracing["providers"].Items)
        {
            telemetry.OtlpEndpoint = settings.TracingEndpoints.GetValueOrDefault(provider["name"].Text, "");
        }

        telemetry.SamplingPercent = tracing["disableSpanReporting"].IsTrue ? 0 : tracing["randomSamplingPercentage"].Real ?? telemetry.SamplingPercent;
        if (tracing["customTags"].Count > 0)
        {
            telemetry.Tags.Clear();
            telemetry.Tags.AddRange(tracing["customTags"].Entries.Where(t => t.Value["literal"].Exists)
                .Select(t => new HeaderField { Name = t.Key, Value = t.Value["literal"]["value"].Text }));
        }
    }
}
