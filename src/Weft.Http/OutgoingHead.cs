using Weft.Wire.Http1;

namespace Weft.Http;

/// <summary>A request head on its way to a server: what came and was not dropped, and what our side says instead. Lives on the stack.</summary>
public readonly ref struct OutgoingRequest
{
    public ReadOnlySpan<byte> Method { get; init; }

    public HttpMethod MethodKind { get; init; }

    /// <summary>For CONNECT the authority.</summary>
    public ReadOnlySpan<byte> Path { get; init; }

    public ReadOnlySpan<byte> QueryWithMark { get; init; }

    public ReadOnlySpan<byte> Authority { get; init; }

    public bool IsHttps { get; init; }

    /// <summary>What the ranges of <see cref="Fields"/> point into.</summary>
    public ReadOnlySpan<byte> Head { get; init; }

    public HeaderTable Fields { get; init; }

    /// <summary>Field lines of our own, each with its CRLF, names in lower case.</summary>
    public ReadOnlySpan<byte> Lines { get; init; }

    /// <summary>The same, for this receiver only.</summary>
    public ReadOnlySpan<byte> MoreLines { get; init; }

    /// <summary>None, Length (the field is among those that came) or Chunked for a length nobody knows.</summary>
    public BodyFraming Framing { get; init; }

    public bool AcceptsTrailers { get; init; }

    /// <summary>What to switch to; empty: nothing.</summary>
    public ReadOnlySpan<byte> Upgrade { get; init; }
}

/// <summary>A response head on its way to a client. Lives on the stack.</summary>
public readonly ref struct OutgoingResponse
{
    public int Status { get; init; }

    /// <summary>Empty: the usual words for the status.</summary>
    public ReadOnlySpan<byte> Reason { get; init; }

    /// <summary>What the ranges of <see cref="Fields"/> point into.</summary>
    public ReadOnlySpan<byte> Head { get; init; }

    /// <summary>Null: all fields are in <see cref="Lines"/>.</summary>
    public HeaderTable? Fields { get; init; }

    /// <summary>Field lines of our own, each with its CRLF, names in lower case.</summary>
    public ReadOnlySpan<byte> Lines { get; init; }

    /// <summary>None, Length (the field is among the others) or Chunked for a length nobody knows; Tunnel after an upgrade.</summary>
    public BodyFraming Framing { get; init; }

    /// <summary>The connection takes no further request.</summary>
    public bool Closes { get; init; }

    /// <summary>With status 101: what was switched to.</summary>
    public ReadOnlySpan<byte> Upgrade { get; init; }
}
