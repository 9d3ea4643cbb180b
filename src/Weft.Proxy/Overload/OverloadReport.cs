using Weft.Transport;

namespace Weft.Proxy.Overload;

/// <summary>What the last look found.</summary>
public sealed record OverloadReport(OverloadStep Step, Pressure Pressure, ResourceUse Use)
{
    /// <summary>For the log and `weft status`: what is shed, and because of what.</summary>
    public string Describe() =>
        $"{Shed(Step)}: {Pressure.Of} at {Pressure.Share:P0} of the limit; {Use.MemoryBytes >> 20} MiB, {Use.Descriptors} descriptors, {Use.Connections} client connections";

    private static string Shed(OverloadStep step) => step switch
    {
        OverloadStep.Conserve => "step 1, nothing idle is kept",
        OverloadStep.CloseConnections => "step 2, connections close with their answer",
        OverloadStep.RefuseRequests => "step 3, new requests are answered 503",
        OverloadStep.StopAccepting => "step 4, new connections are not accepted",
        _ => "no shedding any more",
    };
}
