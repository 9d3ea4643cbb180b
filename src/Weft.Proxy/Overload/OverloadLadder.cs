using Weft.Transport;

namespace Weft.Proxy.Overload;

/// <summary>Which step of shedding belongs to a pressure. Goes up as far as the pressure asks at once, and down one step at a time. Pure.</summary>
internal sealed class OverloadLadder
{
    /// <summary>So much lower than where it was entered a step is left: at the threshold itself it would flap.</summary>
    private const double Hysteresis = 0.05;

    private static readonly (OverloadStep Step, double Enter)[] Steps =
    [
        (OverloadStep.Conserve, 0.80), (OverloadStep.CloseConnections, 0.87), (OverloadStep.RefuseRequests, 0.93), (OverloadStep.StopAccepting, 0.97),
    ];

    public OverloadStep Step { get; private set; }

    /// <summary>Where each step begins, for the documentation.</summary>
    public static IReadOnlyList<(OverloadStep Step, double Enter)> Thresholds => Steps;

    /// <summary>True: the step is another one now.</summary>
    public bool Move(double pressure)
    {
        OverloadStep before = Step;
        OverloadStep asked = OverloadStep.None;
        foreach ((OverloadStep step, double enter) in Steps)
        {
            asked = pressure >= enter ? step : asked;
        }

        if (asked > Step)
        {
            Step = asked;
        }
        else if (Step > OverloadStep.None && pressure < Steps[(int)Step - 1].Enter - Hysteresis)
        {
            Step--;
        }

        return Step != before;
    }
}
