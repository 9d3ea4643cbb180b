using System.Text.Json.Nodes;

namespace Weft.Cli.Explain;

/// <summary>One request as the command line describes it.</summary>
internal sealed record ExplainRequest
{
    /// <summary>"namespace/name", "namespace" or "gateway:namespace/name".</summary>
    public required string From { get; init; }

    public required Uri To { get; init; }

    public string Method { get; init; } = "GET";

    /// <summary>In the order given.</summary>
    public IReadOnlyList<(string Name, string Value)> Headers { get; init; } = [];

    public IReadOnlyDictionary<string, string> FromLabels { get; init; } = new Dictionary<string, string>();

    /// <summary>Claims of a token that is taken as valid; null without one.</summary>
    public JsonObject? Claims { get; init; }

    /// <summary>The server name of a TLS connection; empty: the host of the URL.</summary>
    public string Sni { get; init; } = "";

    /// <summary>The gateway's listener; 0: the URL's port.</summary>
    public uint Port { get; init; }

    public bool IsGateway => From.StartsWith(GatewayPrefix, StringComparison.Ordinal);

    public const string GatewayPrefix = "gateway:";

    /// <summary>Of the URL, or its scheme's.</summary>
    public uint ToPort => To.Port > 0 ? (uint)To.Port : To.Scheme == "https" ? 443u : 80u;

    public string Host => To.Host.Trim('[', ']').ToLowerInvariant();
}
