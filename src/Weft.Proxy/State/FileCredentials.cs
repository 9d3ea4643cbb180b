using System.Collections.Concurrent;
using System.Text;
using Weft.Model.V1;
using Weft.Primitives;
using Weft.Proxy.State.Workloads;
using Weft.Transport;

namespace Weft.Proxy.State;

/// <summary>
/// Credentials from files beside the proxy (<see cref="FileCredentialName"/>). Read on a thread of the pool, never on a loop, when they are first
/// asked for and whenever one of their files has changed. Any thread asks. Made by the host, which disposes it.
/// </summary>
/// <remarks>
/// A file that is missing, too long, not a plain file or inside the mesh's own directories makes the credential missing, so that whoever needs it
/// is refused. A pair that does not fit, as for a moment while it is renewed, leaves the last good one in use.
/// </remarks>
internal sealed class FileCredentials : IDisposable
{
    /// <summary>Between looks at the files' times.</summary>
    public static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(10);

    /// <summary>A bundle of all public authorities has a quarter of it; a longer file is refused.</summary>
    public const int FileBytesMax = 1 << 20;

    /// <summary>Credentials watched; more are refused, since each costs a look.</summary>
    public const int CountMax = 256;

    private readonly ConcurrentDictionary<string, Watched> _watched = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private readonly Action<string, CredentialModel?> _settle;
    private readonly Action<string> _notice;
    private readonly string _forbidden;
    private readonly ITimer _timer;
    private volatile bool _isWanted;

    /// <param name="settle">Takes what was read; null: there is none. Called on the thread of the pool.</param>
    /// <param name="notice">Takes a sentence for people when a credential cannot be used.</param>
    /// <param name="forbidden">A directory whose files are nobody's to use: it holds the keys of other workloads.</param>
    public FileCredentials(Action<string, CredentialModel?> settle, Action<string> notice, string forbidden, TimeProvider time)
    {
        _settle = settle;
        _notice = notice;
        _forbidden = forbidden;
        _timer = time.CreateTimer(_ => Look(), null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    /// <summary>Reads it soon and from then on watches it.</summary>
    public void Want(string name)
    {
        if (_watched.Count < CountMax && FileCredentialName.TryParse(name, out FileCredentialName parsed) && parsed.Files.Any())
        {
            _watched.TryAdd(name, new Watched(parsed));
            _timer.Change(TimeSpan.Zero, LookInterval);
            return;
        }

        _notice($"{name} cannot be used as a credential: it names no files, or more than {CountMax} are in use.");
        _settle(name, null);
    }

    public void Dispose() => _timer.Dispose();

    /// <summary>One look at every file; who comes while another looks leaves it to that one.</summary>
    internal void Look()
    {
        _isWanted = true;
        while (_isWanted && _gate.TryEnter())
        {
            try
            {
                _isWanted = false;
                foreach ((string name, Watched watched) in _watched)
                {
                    Look(name, watched);
                }
            }
            finally
            {
                _gate.Exit();
            }
        }
    }

    private void Look(string name, Watched watched)
    {
        string stamp = string.Join(';', watched.Name.Files.Select(StampOf));
        if (stamp == watched.Stamp)
        {
            return;
        }

        watched.Stamp = stamp;
        try
        {
            var read = new CredentialModel(Read(name, watched.Name));
            Check(read);
            watched.IsGood = true;
            _settle(name, read);
        }
        catch (InvalidDataException wrong) when (watched.IsGood)
        {
            _notice($"{name}: {wrong.Message} The last good one stays in use.");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            watched.IsGood = false;
            _notice($"{name}: {e.Message} Whoever needs it is refused until that is mended.");
            _settle(name, null);
        }
    }

    private Credential Read(string name, FileCredentialName files) => new()
    {
        Name = name,
        CertificatePem = Text(files.Certificate),
        PrivateKeyPem = Text(files.Key),
        TrustedCaPem = Text(files.Authority),
        CrlPem = Text(files.Revoked),
    };

    private string Text(string file)
    {
        if (file.Length == 0)
        {
            return "";
        }

        if (file[0] != '/')
        {
            throw new IOException($"{file} is not an absolute path.");
        }

        var info = new FileInfo(file);

        // A pipe or a device has no length; to open one could wait for ever.
        if (!info.Exists || info.Length is 0 or > FileBytesMax)
        {
            throw new IOException(info.Exists ? $"{file} is empty, longer than {FileBytesMax} bytes, or no plain file." : $"{file} is not there.");
        }

        using FileStream stream = File.OpenRead(file);

        // What was opened is what counts, by whatever links it was reached.
        string real = new FileInfo($"/proc/self/fd/{stream.SafeFileHandle.DangerousGetHandle()}").LinkTarget ?? "/";
        if (_forbidden.Length > 0 && real.StartsWith(_forbidden.TrimEnd('/') + '/', StringComparison.Ordinal))
        {
            throw new IOException($"{file} is one of the mesh's own files.");
        }

        byte[] bytes = new byte[FileBytesMax];
        int length = stream.ReadAtLeast(bytes, bytes.Length, throwOnEndOfStream: false);
        string text = Encoding.ASCII.GetString(bytes, 0, length);
        Array.Clear(bytes, 0, length); // a key's bytes must not outlive their use
        return text;
    }

    /// <summary>Throws <see cref="InvalidDataException"/> saying what is wrong: here, and not with the first handshake.</summary>
    private static void Check(CredentialModel read)
    {
        bool isPair = read.CertificatePem is not null || read.PrivateKeyPem is not null;
        if (isPair && (read.CertificatePem is null || read.PrivateKeyPem is null))
        {
            throw new InvalidDataException("A certificate needs its private key, and a key its certificate.");
        }

        using var context = TlsContext.Client(new TlsContextOptions
        {
            CertificateChainPem = read.CertificatePem,
            PrivateKeyPem = read.PrivateKeyPem,
            TrustPem = read.TrustPem,
            CrlPem = read.CrlPem,
            SkipVerification = read.TrustPem is null,
        });
    }

    private static string StampOf(string file)
    {
        var info = new FileInfo(file);
        return info.Exists ? $"{info.LastWriteTimeUtc.Ticks}+{info.Length}" : "-";
    }

    private sealed class Watched(FileCredentialName name)
    {
        internal FileCredentialName Name { get; } = name;

        /// <summary>Times and lengths of the files when they were last read.</summary>
        internal string Stamp { get; set; } = "";

        internal bool IsGood { get; set; }
    }
}
