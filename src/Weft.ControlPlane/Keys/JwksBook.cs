using System.Security.Cryptography;
using System.Text;
using Microsoft.Extensions.Logging;
using Weft.Dialects.Istio;

namespace Weft.ControlPlane.Keys;

/// <summary>
/// The keys of all issuers now, and those of the start before: a control plane that comes back while an issuer is down must not take its keys from
/// proxies that have them. Thread-safe to read; one writer.
/// </summary>
internal sealed class JwksBook(JwksOptions options, ILogger<JwksBook> logger)
{
    private volatile IssuerKeys _current = IssuerKeys.Empty;

    public IssuerKeys Current => _current;

    /// <summary>Called on the writer's thread after each change.</summary>
    public event Action? Changed;

    /// <summary>Takes what came of a fetch; a failure leaves the last good keys in their place.</summary>
    public void Take(JwksSource source, FetchedKeys fetched)
    {
        FetchedKeys? before = _current.Find(source);
        FetchedKeys now = fetched.Problem.Length > 0 ? fetched with { Jwks = before?.Jwks ?? Kept(source) } : fetched;
        if (now == before)
        {
            return;
        }

        if (now.Jwks.Length > 0 && now.Jwks != before?.Jwks && now.Problem.Length == 0)
        {
            Keep(source, now.Jwks);
        }

        _current = _current.With(source, now);
        Changed?.Invoke();
    }

    /// <summary>Before anything was fetched: what was kept serves.</summary>
    public void Restore(IEnumerable<JwksSource> sources)
    {
        foreach (JwksSource source in sources.Where(s => _current.Find(s) is null))
        {
            if (Kept(source) is { Length: > 0 } jwks)
            {
                _current = _current.With(source, new FetchedKeys(jwks, ""));
            }
        }
    }

    /// <summary>Forgets sources that no rule names any more, and what was kept of them.</summary>
    public void Only(IReadOnlySet<JwksSource> sources)
    {
        foreach (JwksSource gone in _current.Sources.Where(s => !sources.Contains(s)).ToArray())
        {
            if (PathOf(gone) is { } path)
            {
                File.Delete(path);
            }
        }

        _current = _current.Only(sources);
    }

    private string Kept(JwksSource source)
    {
        try
        {
            return PathOf(source) is { } path && File.Exists(path) && new FileInfo(path).Length <= JwksOptions.DocumentBytesMax ? File.ReadAllText(path) : "";
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            JwksLog.NotKept(logger, source.Uri, e.Message);
            return "";
        }
    }

    // Whole or not at all, as a crash in between must not leave half a document. Public keys: nothing here is secret.
    private void Keep(JwksSource source, string jwks)
    {
        if (PathOf(source) is not { } path)
        {
            return;
        }

        try
        {
            Directory.CreateDirectory(options.Directory!, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            File.WriteAllText(path + ".tmp", jwks);
            File.Move(path + ".tmp", path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            JwksLog.NotKept(logger, source.Uri, e.Message);
        }
    }

    private string? PathOf(JwksSource source) => options.Directory is { } directory
        ? Path.Combine(directory, Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{(source.IsDiscovery ? "issuer" : "keys")} {source.Uri}"))) + ".json")
        : null;
}
