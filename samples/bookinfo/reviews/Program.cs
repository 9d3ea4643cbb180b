// reviews: what people think of a book. SERVICE_VERSION v1 shows no stars, v2 black ones and v3 red ones, from ratings.
using System.Text.Json;
using System.Text.Json.Nodes;

string version = Environment.GetEnvironmentVariable("SERVICE_VERSION") ?? "v1";
string pod = Environment.GetEnvironmentVariable("HOSTNAME") ?? $"reviews-{version}";
string ratingsHost = Environment.GetEnvironmentVariable("RATINGS_HOSTNAME") ?? "ratings";
string ratingsPort = Environment.GetEnvironmentVariable("RATINGS_SERVICE_PORT") ?? "9080";
string port = Environment.GetEnvironmentVariable("PORT") ?? "9080";
string? color = version switch { "v2" => "black", "v3" => "red", _ => null };

// Headers that tie the calls of one request together. A proxy can only join what the application hands on.
string[] carried =
[
    "x-request-id", "traceparent", "tracestate", "b3", "x-b3-traceid", "x-b3-spanid", "x-b3-parentspanid", "x-b3-sampled", "x-b3-flags",
    "end-user", "user-agent", "authorization",
];

using var ratings = new HttpClient(new SocketsHttpHandler { ActivityHeadersPropagator = null })
{
    BaseAddress = new Uri($"http://{ratingsHost}:{ratingsPort}"),
    Timeout = color == "black" ? TimeSpan.FromSeconds(10) : TimeSpan.FromSeconds(2.5),
};

WebApplicationBuilder builder = WebApplication.CreateSlimBuilder(args);
builder.Logging.SetMinimumLevel(LogLevel.Warning);
builder.WebHost.ConfigureKestrel(k => k.ListenAnyIP(int.Parse(port)));
await using WebApplication app = builder.Build();
app.MapGet("/health", () => Results.Json(new JsonObject { ["status"] = "Reviews is healthy" }));
app.MapGet("/reviews/{product}", async (string product, HttpRequest request) =>
{
    JsonNode? stars = color is null ? null : await RatingsAsync(product, request);
    return Results.Json(new JsonObject
    {
        ["id"] = product,
        ["podname"] = pod,
        ["clustername"] = "weft",
        ["reviews"] = new JsonArray(
            Review("Reviewer1", "A whole evening of confusion, and not one dull minute in it.", stars),
            Review("Reviewer2", "Lighter than the great ones, and quicker on its feet than most of them.", stars)),
    });
});
await app.RunAsync();

async Task<JsonNode?> RatingsAsync(string product, HttpRequest from)
{
    using var call = new HttpRequestMessage(HttpMethod.Get, $"/ratings/{Uri.EscapeDataString(product)}");
    foreach (string name in carried)
    {
        if (from.Headers.TryGetValue(name, out var value))
        {
            call.Headers.TryAddWithoutValidation(name, value.ToString());
        }
    }

    try
    {
        using HttpResponseMessage answer = await ratings.SendAsync(call, from.HttpContext.RequestAborted);
        return answer.IsSuccessStatusCode
            ? (await JsonNode.ParseAsync(await answer.Content.ReadAsStreamAsync()))?["ratings"]
            : null;
    }
    catch (Exception e) when (e is HttpRequestException or TaskCanceledException or JsonException)
    {
        return null; // the page says that ratings are unavailable
    }
}

JsonObject Review(string reviewer, string text, JsonNode? stars)
{
    var review = new JsonObject { ["reviewer"] = reviewer, ["text"] = text };
    if (color is not null)
    {
        review["rating"] = stars?[reviewer] is { } count
            ? new JsonObject { ["stars"] = count.DeepClone(), ["color"] = color }
            : new JsonObject { ["error"] = "Ratings service is currently unavailable" };
    }

    return review;
}
