using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Dialects.Registry;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>Istio Gateways.</summary>
internal static class GatewayChecks
{
    public static void Run(AnalysisContext context, Resource resource)
    {
        Field spec = new(resource.Spec, FieldPath.Root.Child("spec"));
        if (spec["servers"].Count == 0)
        {
            context.Report.Invalid(resource, spec, "A Gateway needs servers.", "Add a server.");
        }
        foreach (Field server in spec["servers"].Items)
        {
            Server(context, resource, server);
        }
        Dictionary<string, string> selector = spec["selector"].Map;
        ServicePorts(context, resource, spec, selector);
        bool gateways = context.Resources.Any(r => r.Kind == "Pod" && GatewayPods.IsGateway(r));
        if (selector.Count > 0 && gateways && !context.Resources.Where(r => r.Kind == "Pod").Any(p => selector.Selects(p.Labels)))
        {
            string written = string.Join(",", selector.Select(s => $"{s.Key}={s.Value}"));
            context.Report.Add(resource, "IST0101", spec["selector"], $"Referenced selector not found: \"{written}\".", ProblemLevel.Warning, "Compare it with the labels of the gateway's pods.");
        }
    }

    /// <summary>Clients come through the Service before the gateway's pods: a port that it does not have is reached by nobody.</summary>
    private static void ServicePorts(AnalysisContext context, Resource resource, Field spec, Dictionary<string, string> selector)
    {
        uint[] known = [.. context.Resources.Where(r => r is { Group: "", Kind: "Service" } && new Field(r.Spec)["selector"] is { Count: > 0 } pods && pods.Map.Selects(selector))
            .SelectMany(r => new Field(r.Spec)["ports"].Items).SelectMany(p => new[] { p["port"].Number ?? 0, p["targetPort"].Number ?? 0 })];
        foreach (Field port in known.Length == 0 ? [] : spec["servers"].Items.Select(s => s["port"]["number"]).Where(n => n.Number is { } number && !known.Contains(number)))
        {
            string written = string.Join(",", selector.Select(s => $"{s.Key}={s.Value}"));
            context.Report.Add(resource, "IST0162", port, $"The gateway is listening on a target port (port {port.Text}) that is not defined in the Service associated with its workload instances (Pod selector {written}).");
        }
    }

    private static void Credential(AnalysisContext context, Resource resource, Field name)
    {
        foreach (Resource secret in context.Resources.Where(r => r is { Group: "", Kind: "Secret" } && r.Name == CredentialReference.Plain(name.Text)).Take(1))
        {
            if (CredentialReader.Read(context.Index.Snapshot, $"{secret.Namespace}/{secret.Name}") is { } read && !IsKeyPair(read.CertificatePem, read.PrivateKeyPem))
            {
                context.Report.Add(resource, "IST0161", name, $"The credential referenced by the Gateway {resource.Name} in namespace {resource.Namespace} is invalid, which can cause the traffic not to work as expected.");
            }
        }
    }

    private static bool IsKeyPair(string certificate, string key)
    {
        try
        {
            using X509Certificate2 pair = X509Certificate2.CreateFromPem(certificate, key);
            return true;
        }
        catch (Exception e) when (e is CryptographicException or ArgumentException)
        {
            return false;
        }
    }

    private static void Server(AnalysisContext context, Resource resource, Field server)
    {
        if (server["hosts"].Count == 0)
        {
            context.Report.Invalid(resource, server, "A server needs hosts.", "Add hosts, \"*\" for all.");
        }
        if (server["port"]["number"].Number is not (> 0 and <= 65535))
        {
            context.Report.Invalid(resource, server["port"], "A server needs a port number from 1 to 65535.", "Add port.number.");
        }
        string protocol = server["port"]["protocol"].Text.ToUpperInvariant();
        if (protocol is not ("HTTP" or "HTTPS" or "GRPC" or "GRPC-WEB" or "HTTP2" or "MONGO" or "TCP" or "TLS"))
        {
            context.Report.Invalid(resource, server["port"]["protocol"], $"\"{server["port"]["protocol"].Text}\" is not a protocol of a server.", "Use HTTP, HTTPS, GRPC, HTTP2, TCP or TLS.");
        }
        Field tls = server["tls"];
        if (protocol is "HTTPS" or "TLS" && !tls.Exists)
        {
            context.Report.Invalid(resource, server, $"A server for {protocol} needs tls.", "Add tls with a mode.");
        }
        foreach (Field name in tls["credentialNames"].Items.Append(tls["credentialName"]).Append(tls["caCertCredentialName"]).Where(n => n.Text.Length > 0))
        {
            // It is read from the namespace of the gateway's workload, which files seldom show.
            string plain = CredentialReference.Plain(name.Text);
            bool found = context.Resources.Any(r => r.Kind == "Secret" && r.Name == plain[(plain.IndexOf('/') + 1)..]);
            if (name.Path != tls["caCertCredentialName"].Path)
            {
                Credential(context, resource, name);
            }
            if (!found && (context.Whole || context.Resources.Any(r => r.Kind == "Secret")))
            {
                context.Report.Add(resource, "IST0101", name, $"Referenced credentialName not found: \"{name.Text}\".", cure: "Create the Secret in the namespace of the gateway's workload.");
            }
        }
        ServerTlsChecks.Run(context, resource, tls);
    }
}
