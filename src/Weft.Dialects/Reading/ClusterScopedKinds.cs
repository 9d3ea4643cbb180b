using System.Collections.Frozen;

namespace Weft.Dialects.Reading;

/// <summary>
/// Kinds without a namespace. Files are read without an API server to ask, so the ones people write beside a mesh's
/// configuration are listed; every other kind has a namespace.
/// </summary>
internal static class ClusterScopedKinds
{
    private static readonly FrozenSet<string> Kinds = new[]
    {
        "Namespace", "Node", "PersistentVolume", "GatewayClass", "CustomResourceDefinition", "ClusterRole", "ClusterRoleBinding",
        "StorageClass", "IngressClass", "PriorityClass", "RuntimeClass", "CSIDriver", "CSINode", "VolumeAttachment", "APIService",
        "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration", "ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding",
        "CertificateSigningRequest", "ClusterIssuer", "ClusterTrustBundle", "FlowSchema", "PriorityLevelConfiguration", "ServiceCIDR", "IPAddress",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static bool Contains(string kind) => Kinds.Contains(kind);
}
