using Weft.Dialects.Fields;

namespace Weft.Dialects.GatewayApi;

/// <summary>A BackendRef as written, with the API's defaults: a core Service of the route's namespace.</summary>
public sealed record RouteBackendRef(string Group, string Kind, string Namespace, string Name, uint? Port)
{
    internal static RouteBackendRef Of(Field reference) => new(
        reference["group"].Text, reference["kind"].Exists ? reference["kind"].Text : "Service", reference["namespace"].Text, reference["name"].Text, reference["port"].Number);
}
