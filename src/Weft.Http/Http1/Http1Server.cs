using Weft.Transport;
using Weft.Wire;
using Weft.Wire.Http1;

namespace Weft.Http.Http1;

/// <summary>The server's side of one HTTP/1 connection: one request after the other, answered in order. Owned by whoever serves the connection; its loop only.</summary>
/// <remarks>The head is copied out of the transport's memory, so that the body behind it can stream and a retry can write it again.</remarks>
public sealed class Http1Server(LoopConnection transport, Http1Limits limits, bool isHttps)
{
    private const int HeadBytesUsual = 1 << 10;

    private byte[] _head = [];
    private Http1Body _body;

    public LoopConnection Transport { get; } = transport;

    public Http1Limits Limits { get; } = limits;

    public RequestHead Request { get; } = new();

    /// <summary>The form that routes, authorization and forwarding share.</summary>
    public CanonicalRequest Target { get; } = new();

    /// <summary>What the ranges of <see cref="Request"/> point into.</summary>
    public ReadOnlySpan<byte> Head => _head.AsSpan(0, Request.Length);

    /// <summary>Where the request's body stands. A reference: reading moves it.</summary>
    public ref Http1Body Body => ref _body;

    /// <summary>The rule that a refused request broke.</summary>
    public Http1Error Error { get; private set; }

    /// <summary>Whether any byte of the next request is here.</summary>
    public bool HasBegun => !Transport.Input.IsEmpty;

    /// <summary>Forgets the last request, whose body was read to its end.</summary>
    public void NextRequest()
    {
        Request.Reset();
        _body = default;
        Error = Http1Error.None;
    }

    /// <summary>Reads on with what has arrived.</summary>
    public HeadProgress TryReadHead()
    {
        ReadOnlySpan<byte> input = Transport.Input;
        if (input.IsEmpty)
        {
            return HeadProgress.NeedMore;
        }

        switch (Request.Read(input, Limits))
        {
            case ReadStatus.NeedMore:
                return HeadProgress.NeedMore;
            case ReadStatus.Done:
                return Take(input);
            default:
                Error = Request.Error;
                Request.Reset(); // its ranges would point into bytes that were never taken
                _body = default;
                return HeadProgress.Refused;
        }
    }

    private HeadProgress Take(ReadOnlySpan<byte> input)
    {
        if (_head.Length < Request.Length)
        {
            _head = new byte[Math.Max(HeadBytesUsual, Request.Length * 2)];
        }

        input[..Request.Length].CopyTo(_head);
        Transport.Consume(Request.Length);
        if (!Target.TrySet(Request, Head, isHttps, out Http1Error error))
        {
            Error = error;
            return HeadProgress.Refused;
        }

        _body = new Http1Body(Request.Framing, Request.ContentLength);
        return HeadProgress.Done;
    }
}
