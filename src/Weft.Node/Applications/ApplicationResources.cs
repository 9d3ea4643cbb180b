using System.Text.Json.Nodes;
using Weft.Node.Agent;
using Weft.Resources;

namespace Weft.Node.Applications;

/// <summary>Translates weft.yaml into the resources that a cluster would hold, and into the images this machine can run. Pure.</summary>
public static class ApplicationResources
{
    /// <summary>On everything made from a file, so that what has left the file can be found and removed.</summary>
    public const string Label = "weft.dev/application";

    // The image names the program; the command itself stays on this machine (see ImageMap).
    private const string ImagePrefix = "weft.dev/local";

    public static ImageMap Images(ApplicationFile application)
    {
        var programs = new Dictionary<string, LocalProgram>(application.Images, StringComparer.Ordinal);
        foreach (ApplicationService service in application.Services)
        {
            foreach (ServiceVersion version in service.Versions) { programs[ImageOf(application, service, version)] = version.Program; }
        }

        return new ImageMap(programs);
    }

    public static IReadOnlyList<Resource> Resources(ApplicationFile application, IReadOnlyList<PublishedPort> published)
    {
        var all = new List<Resource>();
        string[] accounts = [.. application.Services.SelectMany(s => s.Versions.Select(v => AccountOf(s, v))).Distinct(StringComparer.Ordinal)];
        all.AddRange(accounts.Select(a => Make("v1", "ServiceAccount", a, application, [])));
        foreach (ApplicationService service in application.Services)
        {
            if (service.Ports.Count > 0) { all.Add(ServiceOf(application, service)); }
            all.AddRange(service.Versions.Select(v => DeploymentOf(application, service, v)));
        }

        foreach (PublishedPort port in published.Concat(application.Publish)) { all.AddRange(Published(application, port)); }
        return all;
    }

    private static Resource ServiceOf(ApplicationFile application, ApplicationService service) =>
        Make("v1", "Service", service.Name, application, new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["selector"] = new JsonObject { ["app"] = service.Name },
                ["ports"] = new JsonArray([.. service.Ports.Select(p => new JsonObject { ["name"] = PortName(service, p), ["port"] = p.Port, ["targetPort"] = p.Port })]),
            },
        }, ("app", service.Name), ("service", service.Name));

    private static Resource DeploymentOf(ApplicationFile application, ApplicationService service, ServiceVersion version)
    {
        JsonObject Selector() => new() { ["app"] = service.Name, ["version"] = version.Name };
        JsonObject labels = Selector();
        foreach ((string name, string value) in version.Labels) { labels[name] = value; }
        return Make("apps/v1", "Deployment", $"{service.Name}-{version.Name}", application, new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["replicas"] = version.Replicas,
                ["selector"] = new JsonObject { ["matchLabels"] = Selector() },
                ["template"] = new JsonObject
                {
                    ["metadata"] = new JsonObject { ["labels"] = labels },
                    ["spec"] = new JsonObject
                    {
                        ["serviceAccountName"] = AccountOf(service, version),
                        ["containers"] = new JsonArray(new JsonObject
                        {
                            ["name"] = service.Name,
                            ["image"] = ImageOf(application, service, version),
                            ["ports"] = new JsonArray([.. service.Ports.Select(p => new JsonObject { ["name"] = PortName(service, p), ["containerPort"] = p.Port })]),
                        }),
                    },
                },
            },
        }, ("app", service.Name), ("version", version.Name));
    }

    /// <summary>A published port is a port of the gateway that leads to one service: it goes through the mesh like everything else.</summary>
    private static IEnumerable<Resource> Published(ApplicationFile application, PublishedPort port)
    {
        string name = $"publish-{port.HostPort}";
        string protocol = application.Services.FirstOrDefault(s => s.Name == port.Service)?.Ports.FirstOrDefault(p => p.Port == port.Port)?.Protocol ?? "tcp";
        bool http = protocol is "http" or "http2" or "grpc";
        yield return Make("networking.istio.io/v1", "Gateway", name, application, new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["selector"] = new JsonObject { ["istio"] = "ingressgateway" },
                ["servers"] = new JsonArray(new JsonObject
                {
                    ["port"] = new JsonObject { ["number"] = port.HostPort, ["name"] = $"{(http ? "http" : "tcp")}-{port.HostPort}", ["protocol"] = http ? "HTTP" : "TCP" },
                    ["hosts"] = new JsonArray("*"),
                }),
            },
        });
        JsonObject destination() => new() { ["destination"] = new JsonObject { ["host"] = port.Service, ["port"] = new JsonObject { ["number"] = port.Port } } };
        yield return Make("networking.istio.io/v1", "VirtualService", name, application, new JsonObject
        {
            ["spec"] = new JsonObject
            {
                ["hosts"] = new JsonArray("*"),
                ["gateways"] = new JsonArray(name),
                [http ? "http" : "tcp"] = new JsonArray(new JsonObject { ["route"] = new JsonArray(destination()) }),
            },
        });
    }

    private static Resource Make(string apiVersion, string kind, string name, ApplicationFile application, JsonObject body, params ReadOnlySpan<(string, string)> labels)
    {
        var label = new JsonObject { [Label] = application.Name };
        foreach ((string key, string value) in labels) { label[key] = value; }
        var json = new JsonObject
        {
            ["apiVersion"] = apiVersion,
            ["kind"] = kind,
            ["metadata"] = new JsonObject { ["name"] = name, ["namespace"] = application.Namespace, ["labels"] = label },
        };
        foreach ((string key, JsonNode? value) in body) { json[key] = value?.DeepClone(); }
        return new Resource(json);
    }

    // Names of ports must differ within a service; the first keeps the protocol's plain name.
    private static string PortName(ApplicationService service, ServicePort port) =>
        service.Ports.First(p => p.Protocol == port.Protocol) == port ? port.Protocol : $"{port.Protocol}-{port.Port}";

    private static string AccountOf(ApplicationService service, ServiceVersion version) => version.ServiceAccount ?? service.Name;

    private static string ImageOf(ApplicationFile application, ApplicationService service, ServiceVersion version) =>
        $"{ImagePrefix}/{application.Name}/{service.Name}:{version.Name}";
}
