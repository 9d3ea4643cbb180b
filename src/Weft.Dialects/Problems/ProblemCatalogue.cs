using System.Text;

namespace Weft.Dialects.Problems;

/// <param name="Name">The analyzer's own name of it.</param>
/// <param name="Meaning">One sentence for docs/problems.md.</param>
/// <param name="Cure">What usually helps.</param>
public sealed record ProblemKind(string Code, ProblemLevel Level, string Name, string Meaning, string Cure);

/// <summary>Every code that Weft reports; docs/problems.md is printed from it. Codes IST… are Istio's, for Istio's findings.</summary>
public static class ProblemCatalogue
{
    public static readonly IReadOnlyList<ProblemKind> All =
    [
        new(ProblemCodes.Unreadable, ProblemLevel.Error, "Unreadable", "A file could not be read.", "Check the path and its permissions."),
        new(ProblemCodes.Syntax, ProblemLevel.Error, "Syntax", "A file is not valid YAML or JSON.", "Correct the line named."),
        new(ProblemCodes.Limit, ProblemLevel.Error, "Limit", "A file is larger, deeper or fuller than what is read.", "Split it."),
        new(ProblemCodes.NotAResource, ProblemLevel.Error, "NotAResource", "A document has no apiVersion, kind or metadata.name.", "Add what is missing."),
        new(ProblemCodes.UnknownKind, ProblemLevel.Info, "UnknownKind", "Weft does not know the kind and does nothing with the resource.", "Leave it out, or check apiVersion and kind for a typing mistake."),
        new(ProblemCodes.WrittenTwice, ProblemLevel.Info, "WrittenTwice", "The same resource stands in several places; the last one is what would be applied.", "Keep one."),
        new(ProblemCodes.UnknownField, ProblemLevel.Error, "UnknownField", "The kind has no such field.", "Correct its name."),
        new(ProblemCodes.WrongValue, ProblemLevel.Error, "WrongValue", "A value has the wrong type or is not allowed.", "Write a value of the type named."),
        new(ProblemCodes.UnsupportedKind, ProblemLevel.Warning, "UnsupportedKind", "The kind configures something that Weft's proxy does not have.", "See the message for what to use instead."),
        new(ProblemCodes.UnsupportedField, ProblemLevel.Warning, "UnsupportedField", "The field is understood and not acted on.", "Remove it, or see the message for what happens instead."),
        new(ProblemCodes.ParentNotFound, ProblemLevel.Error, "ParentNotFound", "A parentRef names nothing that exists.", "Correct the name, namespace or sectionName."),
        new(ProblemCodes.BackendNotFound, ProblemLevel.Error, "BackendNotFound", "A backendRef names no Service, or no port of it; its share of the traffic is answered 500.", "Correct the name or the port."),
        new(ProblemCodes.ReferenceNotPermitted, ProblemLevel.Error, "ReferenceNotPermitted", "A reference into another namespace is allowed by no ReferenceGrant there.", "Add a ReferenceGrant in the target's namespace."),
        new(ProblemCodes.InvalidBackendKind, ProblemLevel.Error, "InvalidBackendKind", "A backendRef is of a kind that cannot serve.", "Use a Service."),
        new(ProblemCodes.NotAttached, ProblemLevel.Error, "NotAttached", "A Gateway does not accept the route.", "Look at the Gateway's allowedRoutes and hostnames."),
        new(ProblemCodes.ClassUnknown, ProblemLevel.Warning, "ClassUnknown", "The Gateway's class is not one that Weft serves.", "Use gatewayClassName: weft."),
        new(ProblemCodes.RuleShadowed, ProblemLevel.Warning, "RuleShadowed", "A rule can never be reached because an earlier one matches the same.", "Remove or narrow one of them."),
        new(ProblemCodes.WeightsUneven, ProblemLevel.Warning, "WeightsUneven", "Weights do not add up to 100: each share is the weight divided by the sum, which is seldom what was meant.", "Make them add up to 100."),
        new(ProblemCodes.TargetNotFound, ProblemLevel.Error, "TargetNotFound", "A targetRef names no Service or ServiceEntry of its namespace, or no port of it; the policy has no effect.", "Correct kind, name or port; a policy stands in the namespace of what it targets."),
        new(ProblemCodes.Conflicted, ProblemLevel.Warning, "Conflicted", "Another dialect owns the routing of that service and port, so this has no effect there.", "Keep the routes of one dialect for one port."),
        new(ProblemCodes.TargetTaken, ProblemLevel.Warning, "TargetTaken", "An older policy has the same target, so this one has no effect.", "Merge them."),
        new(ProblemCodes.KeysNotFetched, ProblemLevel.Warning, "KeysNotFetched", "The keys of a token issuer could not be fetched.", "Fetch the address from the control plane's machine, or write the keys into jwks."),
        new("IST0002", ProblemLevel.Warning, "Deprecated", "A field has a successor.", "Use the field named."),
        new("IST0101", ProblemLevel.Error, "ReferencedResourceNotFound", "A resource that is referred to does not exist.", "Correct the name, or add what it names."),
        new("IST0106", ProblemLevel.Error, "SchemaValidationError", "The resource is not valid.", "Correct the field named."),
        new("IST0109", ProblemLevel.Error, "ConflictingMeshGatewayVirtualServiceHosts", "Two VirtualServices of the mesh gateway have the same host: only one of them routes it.", "Merge them."),
        new("IST0110", ProblemLevel.Error, "ConflictingSidecarWorkloadSelectors", "Two Sidecars select the same workload.", "Make their selectors exclude each other."),
        new("IST0111", ProblemLevel.Error, "MultipleSidecarsWithoutWorkloadSelectors", "A namespace has two Sidecars without a selector.", "Keep one."),
        new("IST0112", ProblemLevel.Error, "VirtualServiceDestinationPortSelectorRequired", "A destination has several ports and the rule names none.", "Add port.number."),
        new("IST0113", ProblemLevel.Error, "MTLSPolicyConflict", "A DestinationRule and a PeerAuthentication disagree about mutual TLS.", "Remove tls from the DestinationRule; Weft decides it by itself."),
        new("IST0116", ProblemLevel.Warning, "DeploymentAssociatedToMultipleServices", "Two services give one port of a workload different protocols; the proxy can only speak one of them.", "Give the ports the same protocol."),
        new("IST0118", ProblemLevel.Info, "PortNameIsNotUnderNamingConvention", "A port's name does not say its protocol, so it is detected.", "Name it http-…, grpc-…, tcp-…, or set appProtocol."),
        new("IST0122", ProblemLevel.Error, "InvalidRegexp", "A regular expression is not valid RE2, or is beyond the bounds within which proxies run one; what holds it would never match.", "Correct the expression."),
        new("IST0123", ProblemLevel.Warning, "NamespaceMultipleInjectionLabels", "A namespace has more than one label that asks for injection.", "Keep one."),
        new("IST0127", ProblemLevel.Warning, "NoMatchingWorkloadsFound", "A selector selects no workload.", "Compare it with the labels of the pods."),
        new("IST0128", ProblemLevel.Warning, "NoServerCertificateVerificationDestinationLevel", "TLS is originated without caCertificates; Weft verifies the server by the system's roots.", "Add caCertificates if the server's authority is a private one."),
        new("IST0129", ProblemLevel.Warning, "NoServerCertificateVerificationPortLevel", "The same for one port.", "Add caCertificates if the server's authority is a private one."),
        new("IST0130", ProblemLevel.Warning, "VirtualServiceUnreachableRule", "A rule is never used.", "Move it up, narrow the rule before it, or remove it."),
        new("IST0131", ProblemLevel.Info, "VirtualServiceIneffectiveMatch", "A match repeats one of an earlier rule.", "Remove it."),
        new("IST0132", ProblemLevel.Warning, "VirtualServiceHostNotFoundInGateway", "A host of a VirtualService lies in no server of its Gateway.", "Add the host to the Gateway, or correct it."),
        new("IST0134", ProblemLevel.Warning, "ServiceEntryAddressesRequired", "An opaque port of a ServiceEntry without addresses is told from others by its number only.", "Add addresses."),
        new("IST0137", ProblemLevel.Warning, "DeploymentConflictingPorts", "Two services reach one port of a workload by different ports.", "Give both services the same port."),
        new("IST0138", ProblemLevel.Warning, "GatewayDuplicateCertificate", "Servers of two Gateways share a certificate, so clients reuse one HTTP/2 connection for both; Weft answers 421 where Istio answers 404.", "Give each its own certificate, or join the Gateways."),
        new("IST0145", ProblemLevel.Error, "ConflictingGateways", "Two Gateways have a server with the same selector, port and host.", "Give each host to one of them."),
        new("IST0149", ProblemLevel.Error, "JwtClaimBasedRoutingWithoutRequestAuthN", "A rule matches token claims and no RequestAuthentication validates tokens at the gateway.", "Add a RequestAuthentication for the gateway's workload."),
        new("IST0150", ProblemLevel.Warning, "ExternalNameServiceTypeInvalidPortName", "A port of an ExternalName service does not say its protocol.", "Name the port tcp-… or http-…."),
        new("IST0157", ProblemLevel.Warning, "InvalidTelemetryProvider", "A Telemetry with no providers has no effect in Istio.", "Name a provider."),
        new("IST0159", ProblemLevel.Error, "ConflictingTelemetryWorkloadSelectors", "Two Telemetries select the same workload.", "Make their selectors exclude each other."),
        new("IST0160", ProblemLevel.Error, "MultipleTelemetriesWithoutWorkloadSelectors", "A namespace has two Telemetries without a selector.", "Merge them."),
        new("IST0161", ProblemLevel.Error, "InvalidGatewayCredential", "The Secret of a Gateway's credential holds no key pair that can be used.", "Put a certificate into tls.crt and its key into tls.key."),
        new("IST0162", ProblemLevel.Warning, "GatewayPortNotDefinedOnService", "A Gateway listens on a port that the Service before its pods does not have.", "Add the port to the Service."),
        new("IST0173", ProblemLevel.Error, "DestinationRuleSubsetNotSelectPods", "A subset selects no workload of its host; what is routed to it is answered 503.", "Compare its labels with those of the pods."),
    ];

    /// <summary>Codes of istioctl analyze that Weft never reports, and why.</summary>
    public static readonly IReadOnlyList<(string Code, string Name, string Why)> NotReported =
    [
        ("IST0001", "InternalError", "A fault of Weft itself ends the command with its own message."),
        ("IST0102, IST0103, IST0148, IST0158", "NamespaceNotInjected, PodMissingProxy, NamespaceInjectionEnabledByDefault, PodsIstioProxyImageMismatchInNamespace", "Istio's injector and its image; `weft check` says which workloads have no proxy."),
        ("IST0107, IST0108, IST0125, IST0135, IST0136", "MisplacedAnnotation, UnknownAnnotation, InvalidAnnotation, DeprecatedAnnotation, AlphaAnnotation", "Annotations configure Istio's own sidecar; Weft reads the few that docs name and ignores the others."),
        ("IST0119", "JwtFailureDueToInvalidServicePortPrefix", "Tokens are validated on every HTTP port, however it is named."),
        ("IST0126, IST0165", "UnknownMeshNetworksServiceRegistry, MultiClusterInconsistentService", "One mesh has one registry; there are no mesh networks."),
        ("IST0133", "SchemaWarning", "What Istio warns about here is an error or a deprecation of its own (IST0106, IST0002)."),
        ("IST0139, IST0141, IST0142, IST0156, IST0163, IST0164", "InvalidWebhook, InsufficientPermissions, UnsupportedKubernetesVersion, UnsupportedGatewayAPIVersion, InvalidExternalControlPlaneConfig, ExternalControlPlaneAddressIsNotAHostname", "The installation in a cluster and not configuration: `weft check`."),
        ("IST0140", "IngressRouteRulesNotAffected", "Subsets of a VirtualService hold at gateways too."),
        ("IST0143", "LocalhostListener", "Weft reaches applications that listen on localhost."),
        ("IST0144", "InvalidApplicationUID", "No user id is reserved for the proxy."),
        ("IST0146, IST0147", "ImageAutoWithoutInjectionWarning, ImageAutoWithoutInjectionError", "Images of gateways are not chosen by injection."),
        ("IST0151 to IST0155", "EnvoyFilterUses…", "EnvoyFilter as a whole is reported as WEFT0201."),
    ];

    private static readonly Dictionary<string, ProblemKind> ByCode = All.ToDictionary(k => k.Code, StringComparer.Ordinal);

    public static ProblemKind Find(string code) => ByCode[code];

    /// <summary>docs/problems.md.</summary>
    public static string ToMarkdown()
    {
        StringBuilder text = new();
        text.Append("# Problems\n\nWhat `weft analyze`, admission and resource status report. Printed from the catalogue in the code; do not edit.\n\n");
        text.Append("| code | level | name | what it means | what helps |\n|---|---|---|---|---|\n");
        foreach (ProblemKind kind in All)
        {
            text.Append("| ").Append(kind.Code).Append(" | ").Append(kind.Level).Append(" | ").Append(kind.Name).Append(" | ")
                .Append(kind.Meaning).Append(" | ").Append(kind.Cure).Append(" |\n");
        }
        text.Append("\n## Codes of `istioctl analyze` that are not reported\n\n| code | name | why |\n|---|---|---|\n");
        foreach ((string code, string name, string why) in NotReported)
        {
            text.Append("| ").Append(code).Append(" | ").Append(name).Append(" | ").Append(why).Append(" |\n");
        }
        return text.ToString();
    }
}
