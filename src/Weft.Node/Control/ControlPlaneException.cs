namespace Weft.Node.Control;

/// <summary>The control plane could not be reached at all.</summary>
public sealed class ControlPlaneUnreachableException(string address, string why, string cure, Exception? inner = null)
    : Exception($"The control plane at {address} cannot be reached: {why}", inner)
{
    public string Cure => cure;
}

/// <summary>The control plane answered, and the answer is no. <paramref name="message"/> is its own sentence.</summary>
public sealed class ControlPlaneRefusedException(int status, string reason, string message, string details) : Exception(message)
{
    public int Status => status;

    /// <summary>Kubernetes' reason: NotFound, Conflict, Invalid, …</summary>
    public string Reason => reason;

    /// <summary>The Status resource as it came, as JSON; empty when the answer had none.</summary>
    public string Details => details;
}
