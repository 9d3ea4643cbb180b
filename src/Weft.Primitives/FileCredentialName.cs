namespace Weft.Primitives;

/// <summary>
/// A credential that is read from files beside the proxy, by the name it has as a resource: <c>file:CERTIFICATE;KEY;AUTHORITY;CRL</c>, a part
/// that is not needed left empty. Its content never travels: such a name is not asked of the control plane.
/// </summary>
public readonly record struct FileCredentialName(string Certificate, string Key, string Authority, string Revoked)
{
    private const string Scheme = "file:";
    private const char Separator = ';';

    public IEnumerable<string> Files
    {
        get
        {
            foreach (string file in (string[])[Certificate, Key, Authority, Revoked])
            {
                if (file.Length > 0)
                {
                    yield return file;
                }
            }
        }
    }

    public static bool IsFile(string name) => name.StartsWith(Scheme, StringComparison.Ordinal);

    public static bool TryParse(string name, out FileCredentialName parsed)
    {
        parsed = default;
        if (!IsFile(name) || name[Scheme.Length..].Split(Separator) is not [var certificate, var key, var authority, var revoked])
        {
            return false;
        }

        parsed = new FileCredentialName(certificate, key, authority, revoked);
        return true;
    }

    /// <summary>A path with the separator in it makes a name that nothing parses: whoever uses it fails closed.</summary>
    public override string ToString() => $"{Scheme}{Certificate}{Separator}{Key}{Separator}{Authority}{Separator}{Revoked}";
}
