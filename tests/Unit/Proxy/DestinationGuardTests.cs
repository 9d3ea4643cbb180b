using Weft.Proxy.Forwarding;
using Weft.Transport;

namespace Weft.Unit.Proxy;

public sealed class DestinationGuardTests
{
    /// <summary>A rule may name any socket as an application, but not the one by which the mesh is administered.</summary>
    [Theory]
    [InlineData("/home/u/.weft/run/control.sock", false)]
    [InlineData("/home/u/other/../.weft/run/control.sock", false)]
    [InlineData("/home/u/.weft-app/app.sock", true)]
    [InlineData("/var/run/app.sock", true)]
    public void Allows_Socket_UnlessItIsTheMeshsOwn(string path, bool allowed) =>
        Assert.Equal(allowed, new DestinationGuard([], ownFiles: "/home/u/.weft").Allows(SocketTarget.Unix(path)));
}
