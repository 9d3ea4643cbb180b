namespace Weft.Dialects.Istio;

public static class IstioKinds
{
    public const string Networking = "networking.istio.io";
    public const string Security = "security.istio.io";
    public const string Telemetry = "telemetry.istio.io";
    /// <summary>Kinds of Weft's own, written in the same words.</summary>
    public const string Weft = "weft.dev";

    public const string Extensions = "extensions.istio.io";
}
