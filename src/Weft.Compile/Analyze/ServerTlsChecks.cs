using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Dialects.Problems;
using Weft.Resources;

namespace Weft.Compile.Analyze;

/// <summary>ServerTLSSettings: of a Gateway's server and of a Sidecar's ingress listener.</summary>
internal static class ServerTlsChecks
{
    public static void Run(AnalysisContext context, Resource resource, Field tls)
    {
        foreach (Field level in tls["tlsCertificates"].Items.Prepend(tls))
        {
            Files(context, resource, level, "serverCertificate", "privateKey", "caCertificates", "caCrl");
            if (level["serverCertificate"].Text.Length > 0 != level["privateKey"].Text.Length > 0)
            {
                context.Report.Invalid(resource, level, "serverCertificate and privateKey go together.", "Name both files.");
            }
        }
        foreach (Field hash in tls["verifyCertificateHash"].Items.Where(h => !ServerTlsReader.TryReadHash(h.Text, out _)))
        {
            context.Report.Invalid(resource, hash, $"\"{hash.Text}\" is no SHA-256 of a certificate: no client has it.", "Write 64 hexadecimal digits, with or without colons.");
        }
        foreach (Field hash in tls["verifyCertificateSpki"].Items.Where(h => !ServerTlsReader.TryReadKeyHash(h.Text, out _)))
        {
            context.Report.Invalid(resource, hash, $"\"{hash.Text}\" is no SHA-256 of a public key: no client has it.", "Write it in base64, 44 characters.");
        }
        foreach (Field name in tls["credentialNames"].Items.Append(tls["credentialName"]).Append(tls["caCertCredentialName"]).Where(n => CredentialReference.Plain(n.Text).Contains('/')))
        {
            context.Report.Add(resource, ProblemCodes.UnsupportedField, name, "A Secret of another namespace than the workload's own is not given to it.", ProblemLevel.Warning, "Put the Secret into the namespace of the workload that ends TLS.");
        }
    }

    /// <summary>Names that no proxy will read: they have no directory, or hold what parts them as a resource's name.</summary>
    public static void Files(AnalysisContext context, Resource resource, Field tls, params ReadOnlySpan<string> fields)
    {
        foreach (string field in fields)
        {
            if (tls[field].Text is { Length: > 0 } file and not "system" && (file[0] != '/' || file.Contains(';')))
            {
                context.Report.Invalid(resource, tls[field], $"\"{file}\" is not an absolute path of a file beside the proxy.", "Write the whole path, or name a Secret by credentialName.");
            }
        }
    }
}
