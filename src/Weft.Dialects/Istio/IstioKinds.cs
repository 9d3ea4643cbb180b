namespace Weft.Dialects.Istio;

public static class IstioKinds
{
    public const string Networking = "networking.istio.io";
    public const string Security = "security.istio.io";
    public const string Telemetry = "telemetry.istio.io";
    public const string Extensions = "extensions.istio.io";
}
