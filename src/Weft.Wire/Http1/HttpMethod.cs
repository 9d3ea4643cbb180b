namespace Weft.Wire.Http1;

/// <summary>The methods that framing, retries or policy tell apart (RFC 9110 §9, RFC 5789). Case matters.</summary>
public enum HttpMethod : byte
{
    Other = 0,
    Get,
    Head,
    Post,
    Put,
    Delete,
    Patch,
    Options,
    Connect,
    Trace,
}

public static class HttpMethods
{
    /// <summary>No method in the IANA registry is longer than 17.</summary>
    public const int LengthMax = 32;

    public static HttpMethod Find(ReadOnlySpan<byte> method) => method switch
    {
        _ when method.SequenceEqual("GET"u8) => HttpMethod.Get,
        _ when method.SequenceEqual("POST"u8) => HttpMethod.Post,
        _ when method.SequenceEqual("HEAD"u8) => HttpMethod.Head,
        _ when method.SequenceEqual("PUT"u8) => HttpMethod.Put,
        _ when method.SequenceEqual("DELETE"u8) => HttpMethod.Delete,
        _ when method.SequenceEqual("PATCH"u8) => HttpMethod.Patch,
        _ when method.SequenceEqual("OPTIONS"u8) => HttpMethod.Options,
        _ when method.SequenceEqual("CONNECT"u8) => HttpMethod.Connect,
        _ when method.SequenceEqual("TRACE"u8) => HttpMethod.Trace,
        _ => HttpMethod.Other,
    };

    /// <summary>RFC 9110 §9.2.2: sending it twice means the same as once.</summary>
    public static bool IsIdempotent(HttpMethod method) =>
        method is HttpMethod.Get or HttpMethod.Head or HttpMethod.Put or HttpMethod.Delete or HttpMethod.Options or HttpMethod.Trace;

    /// <summary>RFC 9110 §9.2.1: it asks for no change.</summary>
    public static bool IsSafe(HttpMethod method) =>
        method is HttpMethod.Get or HttpMethod.Head or HttpMethod.Options or HttpMethod.Trace;
}
