using System.Globalization;

namespace Weft.Bench.Scale;

/// <summary>One request to each of many services, through a proxy that the application would speak to as to an HTTP proxy.</summary>
public static class ServiceCalls
{
    /// <summary>Connections of the client, as of an application that does several things at once.</summary>
    private const int Connections = 8;

    /// <summary>How many were not answered with 200.</summary>
    public static async Task<int> CallEachAsync(int port, IEnumerable<int> services, CancellationToken ct)
    {
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = Connections, UseProxy = false };
        using var client = new HttpClient(handler);
        int failed = 0;
        var terms = new ParallelOptions { MaxDegreeOfParallelism = Connections, CancellationToken = ct };
        await Parallel.ForEachAsync(services, terms, async (i, token) =>
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, string.Create(CultureInfo.InvariantCulture, $"http://127.0.0.1:{port}/"));
            request.Headers.Host = ServiceMesh.HostOf(i);
            using HttpResponseMessage response = await client.SendAsync(request, token);
            if (response.StatusCode != System.Net.HttpStatusCode.OK)
            {
                Interlocked.Increment(ref failed);
            }
        });
        return failed;
    }
}
