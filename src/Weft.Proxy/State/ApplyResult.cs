namespace Weft.Proxy.State;

/// <summary>What became of one discovery response.</summary>
/// <param name="Error">Null: taken. Otherwise nothing of it was taken, and this goes back to where it was written.</param>
/// <param name="Notes">What of it was taken without a part that cannot be compiled.</param>
internal sealed record ApplyResult(string? Error, IReadOnlyList<PartlyTaken> Notes)
{
    public static ApplyResult Taken { get; } = new(null, []);
}

/// <summary>A resource of which there was no good one before, so that what could be compiled of it is served.</summary>
internal readonly record struct PartlyTaken(string Name, string Problem);

/// <summary>One resource as discovery or the saved state brings it. The bytes are its message, dropped when its model is made.</summary>
internal readonly record struct ResourceUpdate(string Name, string Version, Google.Protobuf.ByteString Value);

/// <summary>The part of a discovery response that matters to the state.</summary>
internal sealed record ResourceDelta(string Type, IReadOnlyList<ResourceUpdate> Updates, IReadOnlyList<string> Removed, IReadOnlyList<string> Missing);
