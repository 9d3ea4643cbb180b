using System.Text.Json.Nodes;

namespace Weft.Cli.Explain;

/// <summary>The answer while it is being found. Fields that never get a value are left out of the JSON.</summary>
internal sealed class ExplainResult
{
    private readonly List<string> _why = [];

    public string Outcome { get; set; } = "route";

    public int? Status { get; set; }

    public string? Rule { get; set; }

    public string? Protocol { get; set; }

    public JsonArray? Destinations { get; set; }

    /// <summary>The gateway's server that took it.</summary>
    public JsonObject? Listener { get; set; }

    /// <summary>Of a direct response.</summary>
    public string? Body { get; set; }

    public JsonObject? Redirect { get; set; }

    public JsonObject? Rewrite { get; set; }

    public JsonObject? RequestHeaders { get; set; }

    public JsonObject? ResponseHeaders { get; set; }

    public long? TimeoutMs { get; set; }

    public JsonObject? Retries { get; set; }

    public JsonArray? Faults { get; set; }

    public JsonArray? Mirrors { get; set; }

    /// <summary>What a destination is drawn by in place of chance: "claim:sub".</summary>
    public string? SplitBy { get; set; }

    /// <summary>Cookie or header that keeps a client with one endpoint.</summary>
    public JsonObject? Session { get; set; }

    public string? Balancer { get; set; }

    /// <summary>What holds on the way to the first destination.</summary>
    public JsonObject? Policy { get; set; }

    public JsonObject? Cors { get; set; }

    /// <summary>The port of the server's workload, where a Sidecar says something of it.</summary>
    public JsonObject? Inbound { get; set; }

    public JsonObject? Mtls { get; set; }

    public JsonObject? Authentication { get; set; }

    public JsonObject? Authorization { get; set; }

    public IReadOnlyList<string> Why => _why;

    public void Because(string sentence) => _why.Add(sentence);

    public ExplainResult Ends(string outcome, int? status, string why)
    {
        Outcome = outcome;
        Status = status;
        Because(why);
        return this;
    }

    public JsonObject ToJson()
    {
        JsonObject json = new() { ["outcome"] = Outcome };
        Put(json, "status", Outcome == "route" ? null : Status);
        Put(json, "rule", Rule);
        Put(json, "protocol", Protocol);
        Put(json, "listener", Listener);
        Put(json, "destinations", Destinations);
        Put(json, "body", Body is { Length: > 0 } ? Body : null);
        Put(json, "redirect", Redirect);
        Put(json, "rewrite", Rewrite);
        Put(json, "requestHeaders", RequestHeaders);
        Put(json, "responseHeaders", ResponseHeaders);
        Put(json, "timeoutMs", TimeoutMs);
        Put(json, "retries", Retries);
        Put(json, "faults", Faults);
        Put(json, "mirrors", Mirrors);
        Put(json, "splitBy", SplitBy);
        Put(json, "session", Session);
        Put(json, "balancer", Balancer);
        Put(json, "policy", Policy);
        Put(json, "cors", Cors);
        Put(json, "inbound", Inbound);
        Put(json, "mtls", Mtls);
        Put(json, "authentication", Authentication);
        Put(json, "authorization", Authorization);
        json["why"] = new JsonArray([.. _why.Select(w => (JsonNode)w)]);
        return json;
    }

    private static void Put(JsonObject json, string name, JsonNode? value)
    {
        if (value is not null)
        {
            json[name] = value;
        }
    }
}
