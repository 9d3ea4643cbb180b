using System.Collections.ObjectModel;
using System.Net;
using System.Net.Security;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using Microsoft.Extensions.Logging;
using Weft.Authority;

namespace Weft.ControlPlane.Distribute;

/// <summary>
/// The control plane's own server certificate, renewed at half life and whenever the signing root changes. Handshakes
/// read <see cref="Current"/>; the maintenance tick is the only writer.
/// </summary>
public sealed class ServerIdentity
{
    public const string ServiceAccount = "weft-control";

    private readonly MeshAuthority _authority;
    private readonly TimeProvider _time;
    private readonly IReadOnlyList<string> _names;
    private readonly IReadOnlyList<IPAddress> _addresses;
    private volatile State _state;

    /// <param name="addresses">What the listeners are reached by, besides the loopback addresses.</param>
    public ServerIdentity(MeshAuthority authority, TimeProvider time, IEnumerable<IPAddress> addresses)
    {
        _authority = authority;
        _time = time;
        _names = ["localhost", "weft-control", "weft-control.weft-system.svc", Environment.MachineName.ToLowerInvariant()];
        _addresses = [.. new[] { IPAddress.Loopback, IPAddress.IPv6Loopback }.Concat(addresses.Where(a => !a.Equals(IPAddress.Any) && !a.Equals(IPAddress.IPv6Any))).Distinct()];
        _state = Make();
    }

    /// <summary>Leaf, intermediates and root: the root goes out too, for clients that pin only its hash.</summary>
    public SslStreamCertificateContext Current => _state.Context;

    public X509Certificate2 Certificate => _state.Leaf;

    /// <summary>Renews when it is due.</summary>
    public void Advance()
    {
        State state = _state;
        DateTimeOffset half = state.Begin + ((state.End - state.Begin) / 2);
        if (_time.GetUtcNow() >= half || state.RootSha256 != _authority.RootSha256)
        {
            _state = Make();
        }
    }

    private State Make()
    {
        ServerCertificate made = _authority.IssueForServer(ServiceAccount, _names.Distinct(), _addresses);
        var extra = new X509Certificate2Collection(made.Chain.Append(made.Root).ToArray());
        SslStreamCertificateContext context = SslStreamCertificateContext.Create(made.Leaf, extra, offline: true);
        SentAlong(context) = new ReadOnlyCollection<X509Certificate2>([.. extra]);
        return new State(context, made.Leaf, _authority.RootSha256, _time.GetUtcNow(), made.Leaf.NotAfter.ToUniversalTime());
    }

    /// <remarks>
    /// A joining workload knows the root's SHA-256 only, so it must see the root in the handshake (RFC 8446 §4.4.2 leaves
    /// that to the sender). SslStreamCertificateContext always drops it and has no option; a test watches this field.
    /// </remarks>
    [UnsafeAccessor(UnsafeAccessorKind.Field, Name = "<IntermediateCertificates>k__BackingField")]
    private static extern ref ReadOnlyCollection<X509Certificate2> SentAlong(SslStreamCertificateContext context);

    private sealed record State(SslStreamCertificateContext Context, X509Certificate2 Leaf, string RootSha256, DateTimeOffset Begin, DateTimeOffset End);
}
