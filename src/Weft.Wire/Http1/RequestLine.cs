using System.Text;

namespace Weft.Wire.Http1;

/// <summary>request-line = method SP request-target SP HTTP-version (RFC 9112 §3), as places in the caller's buffer.</summary>
internal struct RequestLine
{
    internal ByteRange Method;
    internal HttpMethod Kind;
    internal ByteRange Target;
    internal TargetForm Form;
    internal bool IsHttps;
    internal ByteRange Authority;
    internal ByteRange Path;
    internal ByteRange Query;
    internal bool HasQuery;
    internal MessageVersion Version;

    /// <summary>Reads the line from <paramref name="start"/> to its CR at <paramref name="end"/>.</summary>
    internal static Http1Error Read(ReadOnlySpan<byte> input, int start, int end, out RequestLine line)
    {
        line = default;
        ReadOnlySpan<byte> text = input[start..end];
        int first = text.IndexOf((byte)' ');
        int last = text.LastIndexOf((byte)' ');
        if (first < 0 || first == last)
        {
            return Http1Error.RequestLineInvalid;
        }

        ReadOnlySpan<byte> method = text[..first];
        if (method.Length > HttpMethods.LengthMax || !Octets.IsToken(method))
        {
            return Http1Error.MethodInvalid;
        }

        Http1Error error = ReadVersion(text[(last + 1)..], out line.Version);
        if (error is not Http1Error.None)
        {
            return error;
        }

        line.Method = new ByteRange(start, first);
        line.Kind = HttpMethods.Find(method);
        line.Target = ByteRange.Between(start + first + 1, start + last);
        return line.ReadTarget(line.Target.In(input));
    }

    internal static Http1Error ReadVersion(ReadOnlySpan<byte> text, out MessageVersion version)
    {
        version = MessageVersion.Http11;
        if (text.SequenceEqual("HTTP/1.1"u8))
        {
            return Http1Error.None;
        }

        if (text.SequenceEqual("HTTP/1.0"u8))
        {
            version = MessageVersion.Http10;
            return Http1Error.None;
        }

        // HTTP-name is case-sensitive and each number one digit (RFC 9112 §2.3).
        bool isVersion = text.Length == 8 && text.StartsWith("HTTP/"u8) && Octets.IsDigit(text[5]) && text[6] == '.' && Octets.IsDigit(text[7]);
        return isVersion ? Http1Error.VersionUnsupported : Http1Error.VersionInvalid;
    }

    private Http1Error ReadTarget(ReadOnlySpan<byte> target)
    {
        if (target.IsEmpty || target.ContainsAnyExcept(Octets.Target))
        {
            return Http1Error.TargetInvalid;
        }

        if (Kind is HttpMethod.Connect)
        {
            return ReadAuthorityForm(target);
        }

        if (target[0] == '/')
        {
            SplitPath(target, Target.Start);
            return Http1Error.None;
        }

        if (target.SequenceEqual("*"u8))
        {
            Form = TargetForm.Asterisk;
            return Kind is HttpMethod.Options ? Http1Error.None : Http1Error.TargetFormInvalid;
        }

        return ReadAbsoluteForm(target);
    }

    /// <summary>authority-form = uri-host ":" port (RFC 9112 §3.2.3): the port is not optional.</summary>
    private Http1Error ReadAuthorityForm(ReadOnlySpan<byte> target)
    {
        Form = TargetForm.Authority;
        Authority = Target;
        return HostRule.TrySplit(target, out _, out int port) && port != 0 ? Http1Error.None : Http1Error.TargetFormInvalid;
    }

    /// <summary>absolute-form with http or https only (RFC 9112 §3.2.2); a mesh is no gateway to other schemes.</summary>
    private Http1Error ReadAbsoluteForm(ReadOnlySpan<byte> target)
    {
        Form = TargetForm.Absolute;
        IsHttps = target.Length >= 8 && Ascii.EqualsIgnoreCase(target[..8], "https://"u8);
        int schemeLength = IsHttps ? 8 : 7;
        if (!IsHttps && (target.Length < 7 || !Ascii.EqualsIgnoreCase(target[..7], "http://"u8)))
        {
            return Http1Error.TargetFormInvalid;
        }

        ReadOnlySpan<byte> rest = target[schemeLength..];
        int authorityLength = rest.IndexOfAny((byte)'/', (byte)'?');
        authorityLength = authorityLength < 0 ? rest.Length : authorityLength;
        Authority = new ByteRange(Target.Start + schemeLength, authorityLength);
        SplitPath(rest[authorityLength..], Authority.End);
        return HostRule.TrySplit(rest[..authorityLength], out _, out _) ? Http1Error.None : Http1Error.TargetInvalid;
    }

    private void SplitPath(ReadOnlySpan<byte> pathAndQuery, int start)
    {
        int mark = pathAndQuery.IndexOf((byte)'?');
        HasQuery = mark >= 0;
        int pathLength = HasQuery ? mark : pathAndQuery.Length;
        Path = new ByteRange(start, pathLength);
        Query = HasQuery ? new ByteRange(start + mark + 1, pathAndQuery.Length - mark - 1) : default;
    }
}
