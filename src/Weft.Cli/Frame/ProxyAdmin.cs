using System.Net.Sockets;
using Weft.Primitives;

namespace Weft.Cli.Frame;

/// <summary>The admin endpoints of proxies on this machine: private sockets in the directories of their pods.</summary>
internal static class ProxyAdmin
{
    private const string SocketName = "admin.sock";

    /// <summary>The socket of NAMESPACE/NAME, or of NAME in --namespace.</summary>
    /// <exception cref="CommandException">No proxy has the name, or several begin with it.</exception>
    public static string FindSocket(CommandContext context, string workload)
    {
        string[] names = workload.Contains('/', StringComparison.Ordinal) ? workload.Split('/', 2) : [context.Namespace, workload];
        string exact = Path.Combine(context.Home.Pods, $"{names[0]}.{names[1]}", SocketName);
        if (File.Exists(exact))
        {
            return exact;
        }

        // A Deployment's pods end in letters that nobody types: one that begins with the name is meant.
        string[] alike = Directory.Exists(context.Home.Pods)
            ? [.. Directory.GetDirectories(context.Home.Pods, $"{names[0]}.{names[1]}*").Select(d => Path.Combine(d, SocketName)).Where(File.Exists)]
            : [];
        return alike switch
        {
            [var only] => only,
            [] => throw CommandException.No(
                $"no proxy of {names[0]}/{names[1]} runs on this machine",
                Known(context.Home) is { Length: > 0 } known ? $"There are: {known}." : "Start one with `weft up` or `weft run`; remote proxies are asked on their own machine."),
            _ => throw CommandException.WrongCommandLine(
                $"{alike.Length} proxies begin with {names[0]}/{names[1]}", $"Name one of them: {string.Join(", ", alike.Select(NameOf))}."),
        };
    }

    /// <summary>Every proxy of this machine that has a socket.</summary>
    public static IReadOnlyList<string> All(WeftHome home) => Directory.Exists(home.Pods)
        ? [.. Directory.GetDirectories(home.Pods).Select(d => Path.Combine(d, SocketName)).Where(File.Exists).Order(StringComparer.Ordinal)]
        : [];

    /// <summary>"NAMESPACE/NAME" of a socket's proxy.</summary>
    public static string NameOf(string socket)
    {
        string directory = Path.GetFileName(Path.GetDirectoryName(socket)) ?? "";
        int dot = directory.IndexOf('.', StringComparison.Ordinal);
        return dot < 0 ? directory : $"{directory[..dot]}/{directory[(dot + 1)..]}";
    }

    /// <exception cref="CommandException">It does not answer.</exception>
    public static async Task<(int Status, string Text)> AskAsync(string socket, HttpMethod method, string page, TimeSpan patience, CancellationToken ct)
    {
        using var handler = new SocketsHttpHandler
        {
            ConnectCallback = async (_, cancel) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                try
                {
                    await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), cancel);
                    return new NetworkStream(connection, ownsSocket: true);
                }
                catch
                {
                    connection.Dispose();
                    throw;
                }
            },
        };
        using var client = new HttpClient(handler) { Timeout = patience };
        using var request = new HttpRequestMessage(method, new Uri($"http://proxy{page}"));
        try
        {
            using HttpResponseMessage answer = await client.SendAsync(request, ct);
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync(ct));
        }
        catch (HttpRequestException e)
        {
            throw CommandException.No($"the proxy does not answer on {socket}: {e.Message}", "It may be starting again; look at `weft status` and its log.");
        }
    }

    private static string Known(WeftHome home) => string.Join(", ", All(home).Select(NameOf));
}
