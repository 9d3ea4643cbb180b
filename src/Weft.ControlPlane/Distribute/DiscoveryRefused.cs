using Grpc.Core;

namespace Weft.ControlPlane.Distribute;

/// <summary>A stream or call that is answered with a status and a sentence that names the cure.</summary>
internal static class DiscoveryRefused
{
    public static RpcException Unauthenticated(string why) => new(new Status(StatusCode.Unauthenticated, why));

    public static RpcException Denied(string why) => new(new Status(StatusCode.PermissionDenied, why));

    public static RpcException Invalid(string why) => new(new Status(StatusCode.InvalidArgument, why));

    public static RpcException NotThere(string why) => new(new Status(StatusCode.NotFound, why));

    public static RpcException Exhausted(string why) => new(new Status(StatusCode.ResourceExhausted, why));

    public static RpcException TryAgain(string why) => new(new Status(StatusCode.Unavailable, why));
}
