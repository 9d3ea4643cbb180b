// A proxy as .NET's own library makes it: Weft.Bench.Yarp PORT ORIGIN_PORT Http1|Http2|Grpc
using System.Globalization;
using System.Net;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Yarp.ReverseProxy.Configuration;
using Yarp.ReverseProxy.Forwarder;

int port = int.Parse(args[0], CultureInfo.InvariantCulture), origin = int.Parse(args[1], CultureInfo.InvariantCulture);
bool isGrpc = args[2] == "Grpc";
WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
builder.Logging.ClearProviders();
builder.WebHost.ConfigureKestrel(k => k.Listen(IPAddress.Loopback, port, l => l.Protocols = args[2] == "Http1" ? HttpProtocols.Http1 : HttpProtocols.Http2));
builder.Services.AddReverseProxy().LoadFromMemory(
    [new RouteConfig { RouteId = "all", ClusterId = "origin", Match = new RouteMatch { Path = "{**any}" } }],
    [
        new ClusterConfig
        {
            ClusterId = "origin",
            Destinations = new Dictionary<string, DestinationConfig> { ["origin"] = new() { Address = $"http://127.0.0.1:{origin}/" } },
            HttpRequest = new ForwarderRequestConfig
            {
                Version = isGrpc ? HttpVersion.Version20 : HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            },
        },
    ]);
WebApplication proxy = builder.Build();
proxy.MapReverseProxy();
await proxy.RunAsync();
