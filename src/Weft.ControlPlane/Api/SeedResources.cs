using System.Text.Json.Nodes;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.Resources;

namespace Weft.ControlPlane.Api;

/// <summary>What every mesh has from its first start: the well-known namespaces; and in each namespace a default service account.</summary>
internal sealed class SeedResources(ResourceService service, ILogger<SeedResources> logger) : BackgroundService
{
    private static readonly WriteRequest Request = new(new WriteOrigin("system:weft-control", "first start")) { FieldManager = "weft-control" };

    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        try
        {
            foreach (string name in (string[])["default", "kube-system", "istio-system", "weft-system"])
            {
                await CreateAsync("Namespace", "", name, cancellationToken);
                await CreateAsync("ServiceAccount", name, "default", cancellationToken);
            }
        }
        catch (ApiRefusedException e)
        {
            ApiLog.SeedFailed(logger, e.Message); // a full disk: reads still work, so the API starts
        }

        await base.StartAsync(cancellationToken);
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        long from = service.Store.Revision;
        while (!stoppingToken.IsCancellationRequested)
        {
            try
            {
                await foreach (ResourceEvent e in service.Store.WatchAsync(from, stoppingToken))
                {
                    from = e.Revision;
                    if (e is { Kind: ResourceEventKind.Added, Resource: { Group: "", Kind: "Namespace" } })
                    {
                        await CreateAsync("ServiceAccount", e.Resource.Name, "default", stoppingToken);
                    }
                }
            }
            catch (RevisionGoneException)
            {
                from = service.Store.Revision;
            }
            catch (ApiRefusedException)
            {
                // The namespace is gone again, or the disk is full: pods get their identity without the object too.
            }
            catch (OperationCanceledException) when (stoppingToken.IsCancellationRequested)
            {
                return;
            }
        }
    }

    private async ValueTask CreateAsync(string kind, string ns, string name, CancellationToken ct)
    {
        ResourceType type = service.Catalog.Find("", kind)!;
        if (service.Store.Snapshot().Find(type.KeyOf(ns, name)) is not null)
        {
            return;
        }

        JsonObject metadata = new() { ["name"] = name };
        if (ns.Length > 0)
        {
            metadata["namespace"] = ns;
        }

        try
        {
            await service.CreateAsync(type, "v1", new JsonObject { ["metadata"] = metadata }, Request, ct);
        }
        catch (ApiRefusedException e) when (e.Reason == "AlreadyExists")
        {
            // Somebody was faster.
        }
    }
}
