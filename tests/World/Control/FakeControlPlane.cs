using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Threading.Channels;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Grpc.Core;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Weft.Protocol.Discovery.V1;
using Weft.Protocol.Identity.V1;

namespace Weft.World.Control;

/// <summary>A control plane whose every word the test speaks: Kestrel and Grpc.AspNetCore on a free port of the loopback.</summary>
internal sealed class FakeControlPlane : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly Channel<FakeStream> _streams = Channel.CreateUnbounded<FakeStream>();
    private readonly ECDsa _rootKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private readonly X509Certificate2 _root;

    private FakeControlPlane()
    {
        var request = new CertificateRequest("O=fake", _rootKey, HashAlgorithmName.SHA256);
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        _root = request.CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.Services.AddGrpc();
        builder.Services.AddSingleton(this);
        builder.WebHost.UseKestrelCore().ConfigureKestrel(k => k.Listen(IPAddress.Loopback, 0, static l => l.Protocols = HttpProtocols.Http2));
        _app = builder.Build();
        _app.MapGrpcService<FakeDiscovery>();
        _app.MapGrpcService<FakeAuthority>();
    }

    public int Port { get; private set; }

    public List<string> Tokens { get; } = [];

    public static async Task<FakeControlPlane> StartAsync()
    {
        var plane = new FakeControlPlane();
        await plane._app.StartAsync();
        plane.Port = new Uri(plane._app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.First()).Port;
        return plane;
    }

    /// <summary>The next discovery stream that the proxy opens.</summary>
    public async Task<FakeStream> NextStreamAsync() => await _streams.Reader.ReadAsync().AsTask().WaitAsync(ControlWorld.Patience);

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await _app.StopAsync(now.Token);
        await _app.DisposeAsync();
        _root.Dispose();
        _rootKey.Dispose();
    }

    private sealed class FakeDiscovery(FakeControlPlane plane) : Weft.Protocol.Discovery.V1.Discovery.DiscoveryBase
    {
        public override async Task Delta(IAsyncStreamReader<DeltaRequest> requests, IServerStreamWriter<DeltaResponse> responses, ServerCallContext context)
        {
            var stream = new FakeStream(requests, responses, context.CancellationToken);
            plane._streams.Writer.TryWrite(stream);
            Status end = await stream.Ended.WaitAsync(context.CancellationToken);
            if (end.StatusCode != StatusCode.OK)
            {
                throw new RpcException(end);
            }
        }
    }

    private sealed class FakeAuthority(FakeControlPlane plane) : Weft.Protocol.Identity.V1.Authority.AuthorityBase
    {
        public override Task<IssueResponse> Issue(IssueRequest request, ServerCallContext context)
        {
            plane.Tokens.Add(request.Token);
            CertificateRequest asked = CertificateRequest.LoadSigningRequest(request.CsrDer.ToByteArray(), HashAlgorithmName.SHA256);
            var signed = new CertificateRequest(new X500DistinguishedName("O=weft"), asked.PublicKey, HashAlgorithmName.SHA256);
            var names = new SubjectAlternativeNameBuilder();
            names.AddUri(new Uri("spiffe://cluster.local/ns/default/sa/web"));
            signed.CertificateExtensions.Add(names.Build());
            using X509Certificate2 leaf = signed.Create(plane._root, DateTimeOffset.UtcNow.AddMinutes(-1), DateTimeOffset.UtcNow.AddHours(1), [1]);
            return Task.FromResult(new IssueResponse
            {
                ChainDer = { ByteString.CopyFrom(leaf.RawData) }, TrustBundleDer = { ByteString.CopyFrom(plane._root.RawData) }, SpiffeId = "spiffe://cluster.local/ns/default/sa/web",
            });
        }
    }
}

/// <summary>The control plane's end of one discovery stream.</summary>
internal sealed class FakeStream(IAsyncStreamReader<DeltaRequest> requests, IServerStreamWriter<DeltaResponse> responses, CancellationToken gone)
{
    private readonly TaskCompletionSource<Status> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _nonce;

    public Task<Status> Ended => _ended.Task;

    public List<DeltaRequest> Seen { get; } = [];

    public void End(StatusCode code) => _ended.TrySetResult(new Status(code, "as the test says"));

    /// <summary>Reads on until a request that fits.</summary>
    public async Task<DeltaRequest> ReadUntilAsync(Func<DeltaRequest, bool> fits)
    {
        while (await requests.MoveNext(gone).WaitAsync(ControlWorld.Patience))
        {
            Seen.Add(requests.Current);
            if (fits(requests.Current))
            {
                return requests.Current;
            }
        }

        throw new InvalidOperationException("The proxy ended the stream.");
    }

    public static Resource Resource(string name, string version, IMessage value) => new() { Name = name, Version = version, Value = new Any { Value = value.ToByteString() } };

    /// <summary>Sends resources and reads on until their acknowledgement or refusal.</summary>
    public async Task<DeltaRequest> SendAsync(string type, string version, params (string Name, IMessage Value)[] resources)
    {
        var response = new DeltaResponse { Type = type };
        response.Resources.AddRange(resources.Select(r => Resource(r.Name, version, r.Value)));
        return await SendAsync(response);
    }

    public async Task<DeltaRequest> SendAsync(DeltaResponse response)
    {
        response.Nonce = $"n{++_nonce}";
        await responses.WriteAsync(response, gone).WaitAsync(ControlWorld.Patience);
        return await ReadUntilAsync(r => r.ResponseNonce == response.Nonce);
    }
}
