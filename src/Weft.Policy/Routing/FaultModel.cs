using Weft.Model.V1;

namespace Weft.Policy.Routing;

/// <summary>Faults to inject; delay and abort are drawn independently of each other. Immutable.</summary>
public sealed class FaultModel
{
    private FaultModel(FaultInjection fault)
    {
        // A percentage that is not written is 0 (Istio: nothing is injected).
        DelayPpm = fault.Delay?.Percent?.Ppm ?? 0;
        Delay = fault.Delay?.Duration?.ToTimeSpan() ?? TimeSpan.Zero;
        AbortPpm = fault.Abort?.Percent?.Ppm ?? 0;
        AbortHttpStatus = (int)(fault.Abort?.HttpStatus ?? 0);
        AbortGrpcStatus = (int)(fault.Abort?.GrpcStatus ?? 0);
    }

    public uint DelayPpm { get; }

    public TimeSpan Delay { get; }

    public uint AbortPpm { get; }

    /// <summary>0: the abort is told by <see cref="AbortGrpcStatus"/>.</summary>
    public int AbortHttpStatus { get; }

    /// <summary>0: the abort is told by <see cref="AbortHttpStatus"/>.</summary>
    public int AbortGrpcStatus { get; }

    internal static FaultModel? Compile(FaultInjection? fault) =>
        fault is null || (fault.Delay is null && fault.Abort is null) ? null : new FaultModel(fault);

    internal FaultDraw Draw(ulong random)
    {
        var delay = Draws.Hit(random, Draws.Delay, DelayPpm) ? Delay : TimeSpan.Zero;
        bool abort = (AbortHttpStatus | AbortGrpcStatus) != 0 && Draws.Hit(random, Draws.Abort, AbortPpm);
        return new FaultDraw(delay, abort ? AbortHttpStatus : 0, abort ? AbortGrpcStatus : 0);
    }
}

/// <summary>What was drawn for one request: first wait <paramref name="Delay"/>, then answer with a status unless both are 0.</summary>
public readonly record struct FaultDraw(TimeSpan Delay, int AbortHttpStatus, int AbortGrpcStatus)
{
    public bool Aborts => (AbortHttpStatus | AbortGrpcStatus) != 0;
}
