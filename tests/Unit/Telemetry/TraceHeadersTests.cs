using System.Text;
using Weft.Telemetry.Tracing;

namespace Weft.Unit.Telemetry;

public sealed class TraceHeadersTests
{
    private const string Parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

    [Fact]
    public void TraceParent_Valid_RoundTrips()
    {
        Assert.True(new TraceHeaders { TraceParent = Encoding.ASCII.GetBytes(Parent) }.TryRead(out SpanContext span));
        byte[] text = new byte[TraceText.W3CLength];
        TraceText.WriteTraceParent(span, text);
        Assert.Equal(Parent, Encoding.ASCII.GetString(text));
    }

    // Trace Context §3.2.2: what a receiver must not accept.
    [Theory]
    [InlineData("ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-00000000000000000000000000000000-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01")]
    [InlineData("00-0AF7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x")]
    [InlineData("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01x")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c_b7ad6b7169203331-01")]
    [InlineData("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-0")]
    public void TraceParent_Malformed_StartsNewTrace(string text) =>
        Assert.False(new TraceHeaders { TraceParent = Encoding.ASCII.GetBytes(text) }.TryRead(out _));

    [Fact]
    public void TraceParent_LaterVersionWithMore_IsRead() =>
        Assert.True(TraceHeaders.TryReadW3C("01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more"u8, out _));

    [Theory]
    [InlineData("80f198ee56343ba864fe8b2a57d3eff7-e457b5a2e4d86bd1-1-05e3ac9a4f6e3b90", true)]
    [InlineData("64fe8b2a57d3eff7-e457b5a2e4d86bd1-0", false)]
    [InlineData("64fe8b2a57d3eff7-e457b5a2e4d86bd1-d", true)]
    [InlineData("64fe8b2a57d3eff7-e457b5a2e4d86bd1", true)]
    public void B3Single_Valid_GivesSamplingState(string text, bool sampled)
    {
        Assert.True(new TraceHeaders { B3 = Encoding.ASCII.GetBytes(text) }.TryRead(out SpanContext span));
        Assert.Equal((sampled, TraceForm.B3Single, 0xe457b5a2e4d86bd1UL), (span.Sampled, span.Form, span.SpanId));
    }

    [Theory]
    [InlineData("0")]
    [InlineData("64fe8b2a57d3eff7-e457b5a2e4d86bd1-")]
    [InlineData("64fe8b2a57d3eff7-e457b5a2e4d86bd1-2")]
    [InlineData("64fe8b2a57d3eff-e457b5a2e4d86bd1-1")]
    public void B3Single_Malformed_StartsNewTrace(string text) =>
        Assert.False(new TraceHeaders { B3 = Encoding.ASCII.GetBytes(text) }.TryRead(out _));

    [Fact]
    public void B3Multi_SampledZero_KeepsTraceUnsampled()
    {
        var headers = new TraceHeaders
        {
            B3TraceId = "80f198ee56343ba864fe8b2a57d3eff7"u8, B3SpanId = "e457b5a2e4d86bd1"u8, B3Sampled = "0"u8,
        };
        Assert.True(headers.TryRead(out SpanContext span));
        Assert.Equal((false, TraceForm.B3Multi), (span.Sampled, span.Form));
    }

    [Fact]
    public void Child_OfCaller_KeepsTraceAndNamesParent()
    {
        Assert.True(TraceHeaders.TryReadW3C(Encoding.ASCII.GetBytes(Parent), out SpanContext caller));
        SpanContext child = caller.Child(new Random(1));
        Assert.Equal((caller.TraceHigh, caller.TraceLow, caller.SpanId), (child.TraceHigh, child.TraceLow, child.ParentId));
        byte[] b3 = new byte[TraceText.B3Length];
        int length = TraceText.WriteB3Single(child, b3);
        Assert.EndsWith("-1-b7ad6b7169203331", Encoding.ASCII.GetString(b3, 0, length), StringComparison.Ordinal);
    }
}
