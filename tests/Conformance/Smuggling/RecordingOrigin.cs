using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Weft.Conformance.Smuggling;

/// <summary>One request as it came, taken apart by the letter of RFC 9112 and nothing more.</summary>
internal sealed record RecordedRequest(string Line, string[] Fields, string Body)
{
    internal string? Field(string name) =>
        Fields.FirstOrDefault(f => f.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)) is { } line ? line[(name.Length + 1)..].Trim(' ') : null;
}

/// <summary>
/// A server that trusts nobody: what is not exactly one request after the other it remembers as wrong. It answers each with its method and path. Owned by its maker.
/// </summary>
internal sealed class RecordingOrigin : IDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly Lock _gate = new();
    private readonly List<RecordedRequest> _requests = [];
    private readonly List<string> _wrong = [];

    internal RecordingOrigin()
    {
        _listener.Start();
        _ = AcceptAsync();
    }

    internal int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>What came since the last call.</summary>
    internal (RecordedRequest[] Requests, string[] Wrong) Take()
    {
        lock (_gate)
        {
            (RecordedRequest[], string[]) taken = ([.. _requests], [.. _wrong]);
            _requests.Clear();
            _wrong.Clear();
            return taken;
        }
    }

    public void Dispose() => _listener.Dispose();

    private async Task AcceptAsync()
    {
        while (true)
        {
            try
            {
                _ = ServeAsync(await _listener.AcceptSocketAsync());
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private async Task ServeAsync(Socket socket)
    {
        using var stream = new NetworkStream(socket, ownsSocket: true);
        var reader = new RecordingReader(stream);
        try
        {
            while (await reader.ReadAsync() is { } request)
            {
                lock (_gate)
                {
                    _requests.Add(request);
                }

                string[] words = request.Line.Split(' ');
                await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nx-seen: {words[0]} {words[1]}\r\nContent-Length: {(words[0] == "HEAD" ? 3 : 0)}\r\n\r\n"));
            }
        }
        catch (InvalidDataException e)
        {
            lock (_gate)
            {
                _wrong.Add(e.Message);
            }
        }
        catch (Exception e) when (e is IOException or EndOfStreamException)
        {
            // the proxy gave up a request that its client did not end
        }
    }
}

/// <summary>Reads requests off one connection.</summary>
internal sealed class RecordingReader(Stream stream)
{
    private readonly byte[] _one = new byte[1];

    /// <summary>The next request with its body; null: the connection ended in between.</summary>
    internal async Task<RecordedRequest?> ReadAsync()
    {
        if (await stream.ReadAsync(_one) == 0)
        {
            return null;
        }

        string line = (char)_one[0] + await LineAsync();
        string[] words = line.Split(' ');
        Require(words.Length == 3 && words[2] == "HTTP/1.1" && words.All(w => w.Length > 0), line);
        var fields = new List<string>();
        string field;
        while ((field = await LineAsync()).Length > 0)
        {
            int colon = field.IndexOf(':', StringComparison.Ordinal);
            Require(colon > 0 && field[..colon].All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal)), field);
            fields.Add(field);
        }

        Require(fields.Count(f => f.StartsWith("host:", StringComparison.OrdinalIgnoreCase)) == 1, string.Join('|', fields));
        return new RecordedRequest(line, [.. fields], await BodyAsync(fields));
    }

    private async Task<string> BodyAsync(List<string> fields)
    {
        string[] lengths = Values(fields, "content-length"), codings = Values(fields, "transfer-encoding");
        Require(lengths.Length + codings.Length <= 1, string.Join('|', fields));
        if (lengths.Length == 1)
        {
            return await ExactlyAsync(int.Parse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture));
        }

        if (codings.Length == 0)
        {
            return "";
        }

        Require(codings[0] == "chunked", codings[0]);
        var body = new StringBuilder();
        while (true)
        {
            int size = int.Parse(await LineAsync(), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);
            if (size == 0)
            {
                break;
            }

            body.Append(await ExactlyAsync(size));
            Require(await LineAsync() == "", "a chunk without its end");
        }

        string trailer;
        while ((trailer = await LineAsync()).Length > 0)
        {
            body.Append('|').Append(trailer);
        }

        return body.ToString();
    }

    private static string[] Values(List<string> fields, string name) =>
        [.. fields.Where(f => f.StartsWith(name + ":", StringComparison.OrdinalIgnoreCase)).Select(f => f[(name.Length + 1)..].Trim(' '))];

    private async Task<string> LineAsync()
    {
        var line = new StringBuilder();
        while (true)
        {
            await stream.ReadExactlyAsync(_one);
            char c = (char)_one[0];
            if (c == '\r')
            {
                await stream.ReadExactlyAsync(_one);
                Require(_one[0] == '\n', $"{line}\\r{(char)_one[0]}");
                return line.ToString();
            }

            Require(c >= ' ' || c == '\t', $"{line}\\x{(int)c:x2}");
            line.Append(c);
        }
    }

    private async Task<string> ExactlyAsync(int count)
    {
        byte[] bytes = new byte[count];
        await stream.ReadExactlyAsync(bytes);
        return Encoding.Latin1.GetString(bytes);
    }

    private static void Require(bool holds, string what)
    {
        if (!holds)
        {
            throw new InvalidDataException(what);
        }
    }
}
