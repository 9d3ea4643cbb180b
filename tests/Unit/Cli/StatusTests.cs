using System.Text.Json.Nodes;
using Weft.Cli.Commands;
using Weft.Cli.Frame;

namespace Weft.Unit.Cli;

public sealed class StatusTests
{
    [Theory]
    [InlineData("false", "shop/cart-1 refuses RouteSet reviews:9080 since 10:00, the last good one stays in force: bad regex")]
    [InlineData("true", "shop/cart-1 refuses RouteSet reviews:9080 since 10:00, serves the rest of it: bad regex")]
    public void Text_OfAProxyThatRefuses_NamesTheResourceAndWhatIsServed(string partly, string expected)
    {
        string text = Text($$"""{"workload":"shop/cart-1","nacks":[{"type":"RouteSet","name":"reviews:9080","error":"bad regex","partly":{{partly}},"at":"10:00"}]}""");

        Assert.Contains(expected, text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("null", false)]
    [InlineData("\"step 3, new requests are answered 503: memory at 94 % of the limit\"", true)]
    public void Text_OfAProxyThatShedsLoad_SaysWhatAndWhy(string overload, bool expected)
    {
        string text = Text($$"""{"workload":"shop/cart-1","overloadStep":3,"overload":{{overload}}}""");

        Assert.Equal(expected, text.Contains("shop/cart-1 sheds load: step 3, new requests are answered 503: memory at 94 % of the limit", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("127.80.3.4", true, "laptop (127.80.3.4)")]
    [InlineData("240.240.0.7", true, "laptop  ")]
    [InlineData("127.80.3.4", false, "laptop  ")]
    public void Text_OfAGatewayWithAnAddressOfThisMachine_ShowsIt(string address, bool gateway, string expected)
    {
        string text = Text($$"""{"workload":"shop/edge-weft","host":"laptop","gateway":{{(gateway ? "true" : "false")}},"podIP":"{{address}}"}""");

        Assert.Contains(expected, text, StringComparison.Ordinal);
    }

    private static string Text(string proxy)
    {
        using var text = new StringWriter();
        StatusCommand.WriteText(new CommandOutput(text, TextWriter.Null, OutputFormat.Text), [], [JsonNode.Parse(proxy)]);
        return text.ToString();
    }
}
