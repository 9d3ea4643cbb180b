using Weft.Dialects.Fields;
using Weft.Model.V1;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Weft.Dialects.Istio;

internal static class FaultReader
{
    public const uint Always = 1_000_000;

    public static FaultInjection? Read(Field fault)
    {
        FaultInjection read = new();
        if (fault["delay"] is { Exists: true } delay && delay["fixedDelay"].Duration is { Ticks: > 0 } fixedDelay)
        {
            read.Delay = new FaultInjection.Types.Delay { Percent = Percent(delay), Duration = Duration.FromTimeSpan(fixedDelay) };
        }
        if (fault["abort"] is { Exists: true } abort)
        {
            uint http = abort["httpStatus"].Number ?? 0;
            uint grpc = Grpc(abort["grpcStatus"].Text);
            if (http + grpc > 0)
            {
                read.Abort = new FaultInjection.Types.Abort { Percent = Percent(abort), HttpStatus = http, GrpcStatus = grpc };
            }
        }
        return read.Delay is null && read.Abort is null ? null : read;
    }

    /// <summary>Nothing said is 0 %: a fault without a percentage is never injected.</summary>
    private static Fraction Percent(Field fault) =>
        new() { Ppm = fault["percentage"].Exists ? Ppm(fault["percentage"]["value"].Real) : Ppm(fault["percent"].Real) };

    public static uint Ppm(double? percent) => (uint)Math.Clamp(Math.Round((percent ?? 0) * 10_000), 0, Always);

    /// <summary>google.rpc.Code by name, as Istio takes it; also by number.</summary>
    private static uint Grpc(string name)
    {
        int at = Array.IndexOf(GrpcNames, name);
        return at >= 0 ? (uint)at : uint.TryParse(name, out uint number) && number < GrpcNames.Length ? number : 0;
    }

    internal static readonly string[] GrpcNames =
    [
        "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS", "PERMISSION_DENIED",
        "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
    ];
}
