using System.Text;
using Weft.Primitives;
using Weft.Proxy.Forwarding;
using Weft.Transport;

namespace Weft.Proxy.Tcp;

/// <summary>Asks an HTTP proxy to carry a connection on (RFC 9110 §9.3.6, RFC 9112 §3.2.3). On the loop.</summary>
internal static class HttpTunnel
{
    /// <summary>"HTTP/1.1 200".</summary>
    private const int StatusLineBytesMin = 12;

    /// <summary>Null: what follows on the connection is the destination's. Otherwise why not.</summary>
    internal static async LoopTask<string?> OpenAsync(ProxyLoop loop, LoopConnection proxy, byte[] request)
    {
        proxy.InputBytesMax = loop.Parts.Limits.Http1.HeadBytesMax;
        proxy.Write(request);
        proxy.SetReadDeadline((long)loop.Parts.Limits.HandshakeTime.TotalMilliseconds);
        int end;
        while ((end = proxy.Input.IndexOf("\r\n\r\n"u8)) < 0)
        {
            if (await proxy.ReadAsync() != IoStatus.Ok)
            {
                return "The HTTP proxy did not answer in time, or with too long a head.";
            }
        }

        proxy.SetReadDeadline(0);
        string status = Encoding.ASCII.GetString(proxy.Input[..Math.Min(end, StatusLineBytesMin)]);
        if (!status.StartsWith("HTTP/1.", StringComparison.Ordinal) || status is not [_, _, _, _, _, _, _, _, ' ', '2', _, _])
        {
            return $"The HTTP proxy answered \"{Printable(status)}\".";
        }

        proxy.Consume(end + 4);
        return null;
    }

    private static string Printable(string text) => string.Concat(text.Select(c => c is >= ' ' and < (char)127 ? c : '?'));
}
