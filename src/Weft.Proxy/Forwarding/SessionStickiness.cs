using System.Text;

using Weft.Policy.Routing;
using Weft.Proxy.State.Clusters;
using EndpointModel = Weft.Proxy.State.Clusters.EndpointModel;

namespace Weft.Proxy.Forwarding;

/// <summary>Session persistence (GEP-1619): the carrier names the endpoint that a session began with, as long as it serves.</summary>
internal static class SessionStickiness
{
    /// <summary>Two hexadecimal digits for each byte of "255.255.255.255:65535", "[v6]:port" or a socket's path.</summary>
    private const int CarrierMax = 512;

    internal static bool IsNamed(SessionModel session, Exchange x) => session.TryRead(x.Facts, out ReadOnlySpan<byte> value) && !value.IsEmpty;

    /// <summary>Null: there is no session yet, or its endpoint is gone, draining, ejected or unhealthy.</summary>
    internal static EndpointModel? Find(SessionModel session, Exchange x, ClusterState cluster)
    {
        if (!session.TryRead(x.Facts, out ReadOnlySpan<byte> value) || value.Length is 0 or > CarrierMax || value.Length % 2 != 0)
        {
            return null;
        }

        Span<byte> display = stackalloc byte[value.Length / 2];
        return Convert.FromHexString(value, display, out _, out int written) is System.Buffers.OperationStatus.Done
            && cluster.Balancer.Find(display[..written]) is { State.IsOut: false } balanced ? cluster.Describe(balanced) : null;
    }

    /// <summary>A session that goes on where it was needs nothing said.</summary>
    internal static void Keep(SessionModel session, Exchange x, EndpointModel endpoint, bool isKept)
    {
        x.Session = isKept ? null : session;
        x.SessionEndpoint = endpoint.Balanced;
    }

    internal static void Write(SessionModel session, Exchange x)
    {
        if (x.SessionEndpoint is not { } endpoint)
        {
            return;
        }

        // Hexadecimal, since a socket's path may hold what a cookie may not (RFC 6265 §4.1.1).
        Span<byte> display = stackalloc byte[CarrierMax / 2];
        if (!Encoding.UTF8.TryGetBytes(endpoint.Display, display, out int length))
        {
            return;
        }

        Span<byte> text = stackalloc byte[length * 2];
        for (int i = 0; i < length; i++)
        {
            (text[i * 2], text[(i * 2) + 1]) = ("0123456789abcdef"u8[display[i] >> 4], "0123456789abcdef"u8[display[i] & 15]);
        }

        if (session.Cookie is { } cookie)
        {
            ResponseWriter.WriteCookie(cookie, text, x.Lines);
        }
        else if (session.Header is { } header)
        {
            x.Lines.Field(header.Span, text);
        }
    }
}
