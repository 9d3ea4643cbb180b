namespace Weft.Conformance.GatewayApi.Kit;

/// <summary>Where a redirect must lead; null is "as the request" for scheme and path, "any" for host, "none or the scheme's own" for port.</summary>
internal sealed record ExpectedRedirect(string? Scheme = null, string? Host = null, string? Port = null, string? Path = null);

/// <summary>One request and what must come of it, with the suite's defaults: 200 from a backend that saw the same path, host and method.</summary>
internal sealed record Row(string Path)
{
    public string Method { get; init; } = "GET";

    public string Host { get; init; } = "";

    public (string Name, string Value)[] Headers { get; init; } = [];

    /// <summary>By prior knowledge on clear connections, by ALPN on TLS.</summary>
    public bool Http2 { get; init; }

    /// <summary>The server name of TLS; null sends clear text.</summary>
    public string? ServerName { get; init; }

    /// <summary>The client's certificate and key as PEM.</summary>
    public (string Certificate, string Key)? ClientCertificate { get; init; }

    public int[] Statuses { get; init; } = [200];

    public string Backend { get; init; } = "";

    public string Namespace { get; init; } = "";

    /// <summary>False: a preflight, answered by the gateway itself.</summary>
    public bool ReachesBackend { get; init; } = true;

    public string? SeenPath { get; init; }

    public string? SeenHost { get; init; }

    public (string Name, string Value)[] SeenHeaders { get; init; } = [];

    public string[] UnseenHeaders { get; init; } = [];

    public string? SeenServerName { get; init; }

    public string? SeenClientCertificate { get; init; }

    /// <summary>A header's joined values, or any of several joined by "|".</summary>
    public (string Name, string Values)[] AnswerHeaders { get; init; } = [];

    public string[] AbsentAnswerHeaders { get; init; } = [];

    public ExpectedRedirect? Redirect { get; init; }

    public static Row Get(string path) => new(path);

    public static Row Get(string host, string path) => new(path) { Host = host };

    public static Row Of(string method, string path) => new(path) { Method = method };

    public Row To(string backend, string ns = Names.Infra) => this with { Backend = backend, Namespace = ns };

    public Row Status(params int[] statuses) => this with { Statuses = statuses };

    public Row With(params (string Name, string Value)[] headers) => this with { Headers = [.. Headers, .. headers] };

    /// <summary>Headers that the backend puts into its answer.</summary>
    public Row BackendSets(params (string Name, string Value)[] headers) =>
        With(("X-Echo-Set-Header", string.Join(",", headers.Select(h => $"{h.Name}:{h.Value}"))));

    public Row Sees(string? path = null, string? host = null) => this with { SeenPath = path, SeenHost = host };

    public Row SeesHeaders(params (string Name, string Value)[] headers) => this with { SeenHeaders = headers };

    public Row SeesNot(params string[] headers) => this with { UnseenHeaders = headers };

    public Row Answers(params (string Name, string Values)[] headers) => this with { AnswerHeaders = headers };

    public Row AnswersNot(params string[] headers) => this with { AbsentAnswerHeaders = headers };

    public Row RedirectsTo(int status = 302, string? scheme = null, string? host = null, string? port = null, string? path = null) =>
        this with { Statuses = [status], Redirect = new ExpectedRedirect(scheme, host, port, path) };

    /// <summary>Over TLS, to the server of that name.</summary>
    public Row Over(string serverName) => this with { ServerName = serverName };

    public Row As((string Certificate, string Key) client) => this with { ClientCertificate = client };

    public override string ToString() =>
        $"{Method} {Host}{Path}{(Http2 ? " h2" : "")}{(ServerName is null ? "" : $" sni={ServerName}")} {string.Join(' ', Headers.Select(h => $"{h.Name}:{h.Value}"))} → {string.Join('|', Statuses)} {Backend}";
}
