using Weft.Dialects.Fields;
using Weft.Dialects.Istio;
using Weft.Model.V1;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Weft.Dialects.GatewayApi;

/// <summary>Filters of a rule or backendRef → schema.</summary>
internal static class GatewayFilters
{
    public static void Headers(Field filters, out HeaderEdits? request, out HeaderEdits? response)
    {
        request = null;
        response = null;
        foreach (Field filter in filters.Items)
        {
            switch (filter["type"].Text)
            {
                case "RequestHeaderModifier":
                    request = Edits(filter["requestHeaderModifier"]);
                    break;
                case "ResponseHeaderModifier":
                    response = Edits(filter["responseHeaderModifier"]);
                    break;
            }
        }
    }

    /// <summary>Whether all filters of a backendRef can be run; a share whose filters cannot is answered with an error.</summary>
    public static bool AreRunnable(Field backend) => backend["filters"].Items.All(f => f["type"].Text is "RequestHeaderModifier" or "ResponseHeaderModifier" or "URLRewrite");

    private static HeaderEdits Edits(Field modifier)
    {
        HeaderEdits edits = new();
        edits.Set.AddRange(modifier["set"].Items.Select(Header));
        edits.Add.AddRange(modifier["add"].Items.Select(Header));
        edits.Remove.AddRange(modifier["remove"].Texts.Select(n => n.ToLowerInvariant()));
        return edits;
    }

    private static HeaderField Header(Field header) => new() { Name = header["name"].Text.ToLowerInvariant(), Value = header["value"].Text };

    /// <summary>Without a port a scheme brings its own; without both the port of the request is kept.</summary>
    public static Redirect Redirect(Field redirect)
    {
        Redirect read = new()
        {
            Status = redirect["statusCode"].Number is { } code and > 0 ? code : 302,
            Scheme = redirect["scheme"].Text,
            Authority = redirect["hostname"].Text,
            Port = redirect["port"].Number ?? 0,
            DerivePort = redirect["scheme"].Text.Length > 0 ? Model.V1.Redirect.Types.PortFrom.Protocol : Model.V1.Redirect.Types.PortFrom.Request,
        };
        Field path = redirect["path"];
        if (path["replaceFullPath"].Exists)
        {
            read.Full = path["replaceFullPath"].Text;
        }
        else if (path["replacePrefixMatch"].Exists)
        {
            read.Prefix = Prefix(path["replacePrefixMatch"].Text);
        }
        return read;
    }

    public static Rewrite? Rewrite(Field rewrite, RouteMatch match)
    {
        if (!rewrite.Exists)
        {
            return null;
        }
        Rewrite read = new() { Authority = rewrite["hostname"].Text };
        Field path = rewrite["path"];
        if (path["replaceFullPath"].Exists)
        {
            read.Full = path["replaceFullPath"].Text;
        }
        else if (path["replacePrefixMatch"].Exists && match.Path?.KindCase == StringMatch.KindOneofCase.PathPrefix)
        {
            read.Prefix = Prefix(path["replacePrefixMatch"].Text);
        }
        return read;
    }

    private static string Prefix(string written) => written.Length == 0 ? "/" : written;

    public static Fraction MirrorShare(Field mirror)
    {
        if (mirror["percent"].Real is { } percent)
        {
            return new Fraction { Ppm = FaultReader.Ppm(percent) };
        }
        Field fraction = mirror["fraction"];
        return new Fraction { Ppm = fraction.Exists ? FaultReader.Ppm(100.0 * (fraction["numerator"].Real ?? 0) / (fraction["denominator"].Real ?? 100)) : FaultReader.Always };
    }

    public static CorsPolicy? Cors(Field cors)
    {
        if (!cors.Exists)
        {
            return null;
        }
        CorsPolicy policy = new()
        {
            AllowCredentials = cors["allowCredentials"].IsTrue,
            MaxAge = Duration.FromTimeSpan(TimeSpan.FromSeconds(cors["maxAge"].Number ?? 5)),
        };
        policy.AllowOrigins.AddRange(cors["allowOrigins"].Texts.Select(Origin));
        policy.AllowMethods.AddRange(cors["allowMethods"].Texts);
        policy.AllowHeaders.AddRange(cors["allowHeaders"].Texts);
        policy.ExposeHeaders.AddRange(cors["exposeHeaders"].Texts);
        return policy;
    }

    /// <summary>"*", "https://a.example" or "https://*.example"; the star spans labels.</summary>
    private static StringMatch Origin(string origin)
    {
        if (origin == "*")
        {
            return new StringMatch { Present = true };
        }
        int star = origin.IndexOf('*');
        return star < 0 ? new StringMatch { Exact = origin } : new StringMatch { Regex = $"{Quoted(origin[..star])}[^/]+{Quoted(origin[(star + 1)..])}" };
    }

    private static string Quoted(string text) => string.Concat(text.Select(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '/' or ':' ? c.ToString() : "\\" + c));

    public static SessionPersistence? Session(Field session)
    {
        if (!session.Exists)
        {
            return null;
        }
        string name = session["sessionName"].Text is { Length: > 0 } written ? written : "weft-session";
        return session["type"].Text == "Header"
            ? new SessionPersistence { Header = name.ToLowerInvariant() }
            : new SessionPersistence
            {
                Cookie = new Cookie
                {
                    Name = name,
                    Path = "/",
                    // A session cookie has no life of its own; a permanent one lives as long as the session may.
                    Ttl = session["cookieConfig"]["lifetimeType"].Text == "Permanent" && session["absoluteTimeout"].Duration is { } ttl ? Duration.FromTimeSpan(ttl) : null,
                },
            };
    }
}
