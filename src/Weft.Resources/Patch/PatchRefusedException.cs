namespace Weft.Resources.Patch;

/// <summary>A patch cannot be applied: it is malformed, or does not fit the resource. The message is for the one who sent it.</summary>
public sealed class PatchRefusedException(string message, bool malformed = false) : Exception(message)
{
    /// <summary>The patch itself is wrong, whatever the resource (400); otherwise it does not fit (422).</summary>
    public bool Malformed => malformed;
}
