using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Weft.Protocol.Discovery.V1;

namespace Weft.ControlPlane.Distribute;

/// <summary>One resource as it goes over the wire. Encoded once, shared by every subscriber; immutable.</summary>
internal sealed class EncodedResource
{
    private const string TypeUrlPrefix = "type.googleapis.com/";

    // Compile memoizes messages, so the message itself is the key; an entry lives exactly as long as its message.
    private static readonly ConditionalWeakTable<IMessage, EncodedResource> Encoded = [];

    private EncodedResource(string name, IMessage message)
    {
        ByteString bytes = message.ToByteString();
        Name = name;
        Version = Convert.ToHexStringLower(SHA256.HashData(bytes.Span).AsSpan(0, 12));
        Message = new Resource
        {
            Name = name,
            Version = Version,
            Value = new Any { TypeUrl = TypeUrlPrefix + message.Descriptor.FullName, Value = bytes },
        };
        SizeBytes = Message.CalculateSize();
    }

    public string Name { get; }

    /// <summary>A hash of the content: equal after a restart of the control plane, so that a reconnect sends nothing.</summary>
    public string Version { get; }

    public Resource Message { get; }

    public int SizeBytes { get; }

    public static EncodedResource Of(string name, IMessage message) =>
        Encoded.GetValue(message, m => new EncodedResource(name, m));
}
