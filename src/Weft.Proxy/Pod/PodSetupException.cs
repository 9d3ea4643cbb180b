namespace Weft.Proxy.Pod;

/// <summary>One step of making the pod failed; the supervisor shows step, reason and cure.</summary>
internal sealed class PodSetupException(string step, string why, string cure) : Exception(why)
{
    public string Step => step;

    public string Cure => cure;
}
