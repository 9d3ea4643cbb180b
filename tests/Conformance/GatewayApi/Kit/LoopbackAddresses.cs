using System.Net;

namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>Addresses of 127.0.0.0/8 for pods and gateways, in a block that this run drew: each has all ports for itself.</summary>
internal sealed class LoopbackAddresses
{
    private readonly byte _second = (byte)Random.Shared.Next(64, 250);
    private int _last;

    public IPAddress Next()
    {
        int number = Interlocked.Increment(ref _last);
        return new IPAddress([127, _second, (byte)(number / 250), (byte)((number % 250) + 1)]);
    }
}
