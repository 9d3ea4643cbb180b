using Weft.Policy.Authorization;
using Weft.Primitives;

namespace Weft.Proxy.Forwarding;

/// <summary>Authorization of requests: before the application of a sidecar and before the routes of a gateway.</summary>
internal static class RequestAuthorization
{
    // What Envoy says; clients of Istio's examples look for it.
    private static readonly byte[] DeniedBody = "RBAC: access denied"u8.ToArray();

    /// <summary>False: the request has been answered.</summary>
    internal static bool Admits(Exchange x, AuthorizationTable table, in ConnectionFacts connection)
    {
        AuthorizationDecision decision = table.Decide(x.Facts, connection);
        if (decision.Allowed)
        {
            return true;
        }

        x.Detail = decision.ToString();
        x.Route = decision.Policy?.Origin.Display.Text;
        x.Fault = Fault.Denied;
        if (x.IsGrpc)
        {
            LocalAnswer.WriteGrpc(x, GrpcCode.PermissionDenied, DeniedBody);
        }
        else
        {
            LocalAnswer.Write(x, Fault.Denied.Info().HttpStatus, DeniedBody, "text/plain"u8);
        }

        return false;
    }
}
