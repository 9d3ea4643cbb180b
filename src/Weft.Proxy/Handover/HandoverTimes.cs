namespace Weft.Proxy.Handover;

/// <summary>How long the two processes of a restart wait for each other.</summary>
internal static class HandoverTimes
{
    /// <summary>From its start until the new process has what it needs to serve; the old one goes on after that.</summary>
    public static readonly TimeSpan ReadyMax = TimeSpan.FromSeconds(30);

    /// <summary>For one answer of the process that serves: longer, and it hangs.</summary>
    public static readonly TimeSpan AnswerMax = TimeSpan.FromSeconds(10);
}
