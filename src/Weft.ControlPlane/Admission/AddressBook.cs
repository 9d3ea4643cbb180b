using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Weft.ControlPlane.Api;
using Weft.Resources;

namespace Weft.ControlPlane.Admission;

/// <summary>
/// Gives Services and ServiceEntries virtual addresses and Pods their pod address. What is in use is what the store says;
/// where the round stands is kept in a ConfigMap, a block ahead, so that a restart does not hand out what was just freed.
/// </summary>
internal sealed class AddressBook : IAdmissionStep
{
    private const uint Block = 256;
    private static readonly ResourceKey Kept = new("", "ConfigMap", "kube-system", "weft-addresses");
    private static readonly WriteOrigin Origin = new("system:weft-control", "address allocation");

    private readonly IResourceStore _store;
    private readonly AddressPool _services;
    private readonly AddressPool _pods;
    private uint _servicesKept;
    private uint _podsKept;

    public AddressBook(IResourceStore store)
    {
        _store = store;
        JsonObject? kept = store.Snapshot().Find(Kept)?.Json["data"] as JsonObject;
        _servicesKept = Number(kept, "services");
        _podsKept = Number(kept, "pods");
        _services = new AddressPool(IPAddress.Parse("240.240.0.0"), 16, _servicesKept);
        _pods = new AddressPool(IPAddress.Parse("240.241.0.0"), 16, _podsKept);
    }

    public void Admit(AdmissionRequest request)
    {
        switch (request.Type)
        {
            case { Group: "", Kind: "Service" }:
                AdmitService(request);
                break;
            case { Group: "", Kind: "Pod" } when request.Old is null:
                JsonObject status = (JsonObject)request.Object["status"]!;
                string address = Reserve(_pods, request, PodAddresses(request.Snapshot));
                status["podIP"] = address;
                status["podIPs"] = new JsonArray(new JsonObject { ["ip"] = address });
                break;
            case { Group: "networking.istio.io", Kind: "ServiceEntry" } when NeedsAddress(request):
                request.Object["status"] ??= new JsonObject();
                string chosen = Reserve(_services, request, ServiceAddresses(request.Snapshot));
                request.Object["status"]!["addresses"] = new JsonArray(new JsonObject { ["value"] = chosen });
                break;
        }
    }

    /// <summary>After the write, whatever became of it. Keeps where the round stands when a block is used up.</summary>
    public async ValueTask SettleAsync(JsonObject written)
    {
        foreach (string? address in (string?[])[(string?)(written["spec"] as JsonObject)?["clusterIP"],
            (string?)(written["status"] as JsonObject)?["podIP"],
            ((written["status"] as JsonObject)?["addresses"] as JsonArray)?.OfType<JsonObject>().Select(a => (string?)a["value"]).FirstOrDefault()])
        {
            if (address is not null)
            {
                (_services.Contains(address) ? _services : _pods).Settle(address);
            }
        }

        (uint services, uint pods) = (_services.Position, _pods.Position);
        if (IsPast(services, _servicesKept) || IsPast(pods, _podsKept))
        {
            (_servicesKept, _podsKept) = (services + Block, pods + Block);
            JsonObject json = new()
            {
                ["apiVersion"] = "v1",
                ["kind"] = "ConfigMap",
                ["metadata"] = new JsonObject { ["name"] = Kept.Name, ["namespace"] = Kept.Namespace },
                ["data"] = new JsonObject { ["services"] = Text(_servicesKept), ["pods"] = Text(_podsKept) },
            };
            await _store.PutAsync(new Resource(json), null, Origin, CancellationToken.None);
        }
    }

    private void AdmitService(AdmissionRequest request)
    {
        JsonObject spec = (JsonObject)request.Object["spec"]!;
        string given = (string?)spec["clusterIP"] ?? "";
        string held = (string?)request.Old?.Spec?["clusterIP"] ?? "";
        if ((string?)spec["type"] == "ExternalName")
        {
            spec.Remove("clusterIP");
            spec.Remove("clusterIPs");
            return;
        }

        if (held.Length > 0 && given.Length > 0 && given != held && held != "None")
        {
            throw Refusals.Invalid(request.Type, request.Name, [new RefusalCause("FieldValueInvalid", "spec.clusterIPs[0]", $"Invalid value: [\"{given}\"]: may not change once set")]);
        }

        string address = given.Length > 0 ? given : held.Length > 0 ? held : Reserve(_services, request, ServiceAddresses(request.Snapshot));
        if (given.Length > 0 && given != held && given != "None" && ServiceAddresses(request.Snapshot).Contains(given))
        {
            throw Refusals.Invalid(request.Type, request.Name, [new RefusalCause("FieldValueInvalid", "spec.clusterIP", $"Invalid value: \"{given}\": provided IP is already allocated")]);
        }

        spec["clusterIP"] = address;
        spec["clusterIPs"] = new JsonArray(address);
    }

    private static bool NeedsAddress(AdmissionRequest request)
    {
        JsonObject? spec = request.Object["spec"] as JsonObject;
        bool wildcard = (spec?["hosts"] as JsonArray ?? []).All(h => h?.ToString().Contains('*') ?? true);
        return !wildcard && spec?["addresses"] is not JsonArray { Count: > 0 }
            && ((request.Object["status"] as JsonObject)?["addresses"] ?? request.Old?.Status?["addresses"]) is not JsonArray { Count: > 0 };
    }

    private static string Reserve(AddressPool pool, AdmissionRequest request, HashSet<string> used)
    {
        if (pool.Reserve(used) is not { } address)
        {
            throw new ApiRefusedException(507, "AddressesExhausted", $"no virtual address is left for {request.Type} \"{request.Name}\": delete what is not needed");
        }

        if (request.DryRun)
        {
            pool.Settle(address);
        }

        return address;
    }

    private static HashSet<string> ServiceAddresses(ResourceSnapshot snapshot) =>
    [
        .. snapshot.OfKind("", "Service").Select(s => (string?)s.Spec?["clusterIP"] ?? ""),
        .. snapshot.OfKind("networking.istio.io", "ServiceEntry")
            .SelectMany(e => (e.Status?["addresses"] as JsonArray ?? []).OfType<JsonObject>()).Select(a => (string?)a["value"] ?? ""),
    ];

    private static HashSet<string> PodAddresses(ResourceSnapshot snapshot) => [.. snapshot.OfKind("", "Pod").Select(p => (string?)p.Status?["podIP"] ?? "")];

    private static bool IsPast(uint position, uint kept) => (ushort)(kept - position) > Block;

    private static uint Number(JsonObject? data, string name) =>
        uint.TryParse((string?)data?[name], NumberStyles.None, CultureInfo.InvariantCulture, out uint value) ? value : 0;

    private static string Text(uint value) => value.ToString(CultureInfo.InvariantCulture);
}
