using System.Buffers.Text;
using Weft.Model.V1;

namespace Weft.Policy.Routing;

/// <summary>Sends the client elsewhere. Immutable.</summary>
public sealed class RedirectModel
{
    private const int StatusDefault = 301;

    internal RedirectModel(Redirect redirect)
    {
        Status = redirect.Status == 0 ? StatusDefault : (int)redirect.Status;
        Scheme = Utf8Text.OrNull(redirect.Scheme.ToLowerInvariant());
        Authority = Utf8Text.OrNull(redirect.Authority);
        Port = (int)redirect.Port;
        DerivePort = redirect.DerivePort;
        FullPath = redirect.PathCase is Redirect.PathOneofCase.Full ? new Utf8Text(redirect.Full) : null;
        PrefixPath = redirect.PathCase is Redirect.PathOneofCase.Prefix ? new Utf8Text(redirect.Prefix) : null;
    }

    /// <summary>The whole virtual host moves to https.</summary>
    internal static RedirectModel ToHttps { get; } = new(new Redirect { Scheme = "https" });

    public int Status { get; }

    public Utf8Text? Scheme { get; }

    public Utf8Text? Authority { get; }

    public int Port { get; }

    public Redirect.Types.PortFrom DerivePort { get; }

    public Utf8Text? FullPath { get; }

    public Utf8Text? PrefixPath { get; }

    /// <summary>Writes the Location. False when it does not fit.</summary>
    internal bool TryWriteLocation<T>(ref T facts, MatchModel match, Span<byte> destination, out int written)
        where T : IRequestFacts, allows ref struct
    {
        written = 0;
        var scheme = Scheme is null ? facts.Scheme : Scheme.Span;
        var text = new SpanText(destination);
        text.Add(scheme);
        text.Add("://"u8);
        var authority = Authority is null ? facts.Authority : Authority.Span;
        text.Add(Port != 0 || DerivePort is not Redirect.Types.PortFrom.Default ? AuthorityText.Host(authority) : HostKeepingPort(authority, scheme));
        text.AddPort(PortToShow(ref facts, scheme));
        AddPath(ref text, ref facts, match);
        written = text.Written;
        return !text.Overflowed;
    }

    /// <summary>
    /// Nobody said anything about the port: the request's own stays (Envoy), unless it is the new scheme's default, or the old scheme's
    /// default while the scheme changes.
    /// </summary>
    private ReadOnlySpan<byte> HostKeepingPort(ReadOnlySpan<byte> authority, ReadOnlySpan<byte> scheme)
    {
        int port = AuthorityText.Port(authority);
        bool drop = port == DefaultPort(scheme) || (Scheme is not null && port is 80 or 443);
        return drop && Authority is null ? AuthorityText.Host(authority) : authority;
    }

    /// <summary>0: none. The default port of the scheme is never shown (RFC 9110 §4.2.3; Gateway API HTTPRequestRedirectFilter.port).</summary>
    private int PortToShow<T>(ref T facts, ReadOnlySpan<byte> scheme)
        where T : IRequestFacts, allows ref struct
    {
        int port = Port != 0 ? Port : DerivePort switch
        {
            Redirect.Types.PortFrom.Protocol => DefaultPort(scheme),
            Redirect.Types.PortFrom.Request => facts.Port,
            _ => 0,
        };
        return port == DefaultPort(scheme) ? 0 : port;
    }

    private void AddPath<T>(ref SpanText text, ref T facts, MatchModel match)
        where T : IRequestFacts, allows ref struct
    {
        bool ownQuery = false;
        if (FullPath is not null)
        {
            text.AddSplice(FullPath.Span, default);
            ownQuery = FullPath.Span.Contains((byte)'?');
        }
        else if (PrefixPath is not null)
        {
            text.AddSplice(PrefixPath.Span, PathSplice.AfterMatch(facts.Path, match));
        }
        else
        {
            text.Add(facts.Path);
        }

        if (!ownQuery && !facts.Query.IsEmpty)
        {
            text.Add("?"u8);
            text.Add(facts.Query);
        }
    }

    private static int DefaultPort(ReadOnlySpan<byte> scheme) => scheme.SequenceEqual("https"u8) ? 443 : 80;
}

/// <summary>Writes into a span and remembers when it was too small.</summary>
internal ref struct SpanText(Span<byte> destination)
{
    private readonly Span<byte> _destination = destination;

    public int Written { get; private set; }

    public bool Overflowed { get; private set; }

    public void Add(scoped ReadOnlySpan<byte> text)
    {
        if (text.TryCopyTo(_destination[Written..]))
        {
            Written += text.Length;
            return;
        }

        Overflowed = true;
    }

    public void AddSplice(scoped ReadOnlySpan<byte> head, scoped ReadOnlySpan<byte> rest)
    {
        if (PathSplice.TryWrite(head, rest, _destination[Written..], out int written))
        {
            Written += written;
            return;
        }

        Overflowed = true;
    }

    public void AddPort(int port)
    {
        if (port == 0)
        {
            return;
        }

        Span<byte> digits = stackalloc byte[12];
        digits[0] = (byte)':';
        Utf8Formatter.TryFormat(port, digits[1..], out int length);
        Add(digits[..(length + 1)]);
    }
}
