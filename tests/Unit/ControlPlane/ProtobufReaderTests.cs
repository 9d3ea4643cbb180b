using System.Text.Json.Nodes;
using Google.Protobuf;
using Weft.ControlPlane.Api.Protobuf;

namespace Weft.Unit.ControlPlane;

/// <summary>Kubernetes' protobuf form, written by hand here as its Go types would.</summary>
public sealed class ProtobufReaderTests
{
    [Fact]
    public void Read_ConfigMap_GivesTheJsonWithoutGosZeros()
    {
        byte[] metadata = [.. Text(1, "made"), .. Text(2, ""), .. Text(3, "default"), .. Number(7, 0), .. Part(8, []), .. Part(11, [.. Text(1, "app"), .. Text(2, "x")])];
        JsonObject? read = ProtobufReader.Read(Envelope("v1", "ConfigMap", [.. Part(1, metadata), .. Part(2, [.. Text(1, "key"), .. Text(2, "")])]), out _);
        Assert.Equal("""{"apiVersion":"v1","kind":"ConfigMap","metadata":{"name":"made","namespace":"default","labels":{"app":"x"}},"data":{"key":""}}""", read?.ToJsonString());
    }

    [Theory]
    [InlineData(0, 8080, "", "8080")]
    [InlineData(1, 0, "http", "\"http\"")]
    public void Read_ServicePort_KeepsNumberOrName(int type, int number, string text, string expected)
    {
        byte[] port = [.. Text(2, "TCP"), .. Number(3, 80), .. Part(4, [.. Number(1, type), .. Number(2, number), .. Text(3, text)]), .. Number(5, 0)];
        JsonObject? read = ProtobufReader.Read(Envelope("v1", "Service", Part(2, Part(1, port))), out _);
        Assert.Equal($$"""[{"protocol":"TCP","port":80,"targetPort":{{expected}}}]""", read?["spec"]?["ports"]?.ToJsonString());
    }

    [Fact]
    public void Read_PointerToZero_IsKept()
    {
        JsonObject? read = ProtobufReader.Read(Envelope("apps/v1", "Deployment", Part(2, Number(1, 0))), out _);
        Assert.Equal("0", read?["spec"]?["replicas"]?.ToJsonString());
    }

    [Fact]
    public void Read_FieldOfALaterVersion_IsPassedOver()
    {
        JsonObject? read = ProtobufReader.Read(Envelope("v1", "ConfigMap", [.. Text(900, "new"), .. Part(1, Text(1, "made"))]), out _);
        Assert.Equal("made", (string?)read?["metadata"]?["name"]);
    }

    [Fact]
    public void Read_UnknownKind_NamesIt()
    {
        Assert.Null(ProtobufReader.Read(Envelope("rbac.authorization.k8s.io/v1", "Role", []), out string kind));
        Assert.Equal("Role", kind);
    }

    [Theory]
    [InlineData("")]
    [InlineData("6B3873")]
    [InlineData("6B387300FF")]
    [InlineData("6B387300120A01")]
    public void Read_BytesThatAreNoMessage_SaysSo(string hex) =>
        Assert.Throws<InvalidDataException>(() => ProtobufReader.Read(Convert.FromHexString(hex), out _));

    private static byte[] Envelope(string apiVersion, string kind, byte[] raw) =>
        [.. "k8s\0"u8, .. Part(1, [.. Text(1, apiVersion), .. Text(2, kind)]), .. Part(2, raw), .. Text(3, ""), .. Text(4, "")];

    private static byte[] Text(int field, string text) => Part(field, System.Text.Encoding.UTF8.GetBytes(text));

    private static byte[] Part(int field, byte[] bytes) => Written(o =>
    {
        o.WriteTag(field, WireFormat.WireType.LengthDelimited);
        o.WriteBytes(ByteString.CopyFrom(bytes));
    });

    private static byte[] Number(int field, long value) => Written(o =>
    {
        o.WriteTag(field, WireFormat.WireType.Varint);
        o.WriteInt64(value);
    });

    private static byte[] Written(Action<CodedOutputStream> write)
    {
        using MemoryStream stream = new();
        using (CodedOutputStream output = new(stream))
        {
            write(output);
        }

        return stream.ToArray();
    }
}
