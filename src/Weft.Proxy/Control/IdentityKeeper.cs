using Google.Protobuf;
using Weft.Identity;
using Weft.Primitives;
using Weft.Protocol.Identity.V1;
using Weft.Telemetry.Logging;
using Weft.Transport;

namespace Weft.Proxy.Control;

/// <summary>Who may issue to us, before and after the first certificate.</summary>
/// <param name="Token">Proves who asks, once; null when an identity was saved.</param>
/// <param name="RootSha256">The pinned root of the first contact.</param>
internal sealed record IssueTerms(string? Token, string? RootSha256);

/// <summary>Gets the workload's certificate, keeps it, and renews it at half life. Control loop only.</summary>
internal sealed class IdentityKeeper(StateDirectory? directory, IssueTerms terms, TimeProvider time, EventLog log)
{
    private const string IssueMethod = "/weft.identity.v1.Authority/Issue";

    private string? _token = terms.Token;
    private volatile WorkloadIdentity? _current;

    /// <summary>Read by any thread.</summary>
    public WorkloadIdentity? Current => _current;

    /// <summary>Called on the loop with every identity: TLS contexts are made of it.</summary>
    public Action<WorkloadIdentity> Changed { get; set; } = static _ => { };

    public bool IsExpired => Current is { } identity && identity.NotAfter <= time.GetUtcNow();

    /// <summary>Takes over a saved identity that is still valid.</summary>
    public bool TryRestore()
    {
        if (directory is null)
        {
            return false;
        }

        if (SavedIdentity.TryLoad(directory, time.GetUtcNow(), out string problem) is { } saved)
        {
            Replace(saved);
            log.Write(ControlLog.Restored, $"identity {saved.Id.Text}, valid until {saved.NotAfter:u}");
            return true;
        }

        log.Write(new LogEvent(ControlLog.Restored.Id, LogLevel.Debug, ControlLog.Restored.Name), $"no saved identity: {problem}");
        return false;
    }

    /// <summary>Lets the present identity go when there is a token for another. Peers are spoken to with it until the new one is there.</summary>
    public void ForgetIfReplaceable()
    {
        if (_token is not null)
        {
            _current = null;
        }
    }

    /// <summary>How to speak to the control plane now: by our certificate, or by the pinned root and a token.</summary>
    public TlsContextOptions ControlTls() => Current is { } identity && !IsExpired
        ? new TlsContextOptions
        {
            CertificateChainPem = identity.ChainPem(), PrivateKeyPem = identity.KeyPem(), TrustPem = identity.Bundle.ToPem(), Alpn = ["h2"],
        }
        : new TlsContextOptions { RootSha256 = terms.RootSha256, Alpn = ["h2"] };

    /// <summary>Asks for a certificate; null when it has come, otherwise why not.</summary>
    public async LoopTask<string?> IssueAsync(IGrpcConnection connection)
    {
        using var key = WorkloadKey.Generate();
        bool isRenewal = Current is not null && !IsExpired;
        if (!isRenewal && _token is null)
        {
            return "there is no token and no valid certificate left; start the workload again with a new token";
        }

        IGrpcCall call = connection.Start(IssueMethod);
        call.Send(new IssueRequest { CsrDer = ByteString.CopyFrom(key.CreateRequest()), Token = isRenewal ? "" : _token ?? "" });
        call.Finish();
        GrpcReceived received = await call.ReceiveAsync();
        if (received.IsEnd)
        {
            return $"the authority refused: {received.Status}: {received.Detail}";
        }

        string? problem = Take(IssueResponse.Parser.ParseFrom(received.Message.Span), key);
        if (problem is null)
        {
            _token = null;
        }

        return problem;
    }

    public DateTimeOffset RenewAt(Random random) =>
        Current is { } identity ? RotationSchedule.RenewAt(identity.NotBefore, identity.NotAfter, random.NextDouble()) : time.GetUtcNow();

    private string? Take(IssueResponse response, WorkloadKey key)
    {
        if (response.TrustBundleDer.Count == 0)
        {
            return "the authority sent no trust bundle";
        }

        TrustBundle bundle = TrustBundle.Create(response.TrustBundleDer.Select(d => d.ToByteArray()));
        WorkloadIdentity? identity = WorkloadIdentity.TryCreate(
            response.ChainDer.Select(d => d.ToByteArray()), key.ExportPkcs8(), bundle, time.GetUtcNow(), out string problem);
        if (identity is null)
        {
            return problem;
        }

        Replace(identity);
        log.Write(ControlLog.IdentityIssued, $"{identity.Id.Text}, serial {identity.Serial}, valid until {identity.NotAfter:u}");
        Save(identity);
        return null;
    }

    private void Replace(WorkloadIdentity identity)
    {
        _current = identity;
        Changed(identity);
    }

    private void Save(WorkloadIdentity identity)
    {
        if (directory is null)
        {
            return;
        }

        try
        {
            SavedIdentity.Save(directory, identity);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            log.Write(ControlLog.StateNotSaved, $"identity: {e.Message}; a restart would need a new token");
        }
    }
}
