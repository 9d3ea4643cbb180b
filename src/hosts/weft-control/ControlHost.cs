using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.Authority;
using Weft.ControlPlane;
using Weft.ControlPlane.Access;
using Weft.ControlPlane.Api;
using Weft.Dashboard;
using Weft.Primitives;
using Weft.Resources;
using Weft.Stores.Sqlite;

namespace Weft.Hosts.Control;

/// <summary>Composes the control plane, runs it, and says clearly why when it cannot start.</summary>
internal static class ControlHost
{
    private const int Stopped = 0;
    private const int CannotServe = 1;
    private const int WrongCommandLine = 2;

    public static async Task<int> RunAsync(string[] arguments)
    {
        if (arguments is ["--help" or "-h" or "help"])
        {
            Console.WriteLine(ControlOptions.Usage);
            return Stopped;
        }

        if (ControlOptions.Parse(arguments, out string problem) is not { } options)
        {
            await Console.Error.WriteLineAsync($"weft-control: {problem}\n\n{ControlOptions.Usage}");
            return WrongCommandLine;
        }

        try
        {
            WeftHome home = new(options.Home);
            home.Create();
            await using WebApplication app = Build(options, home, SqliteStore.Open(new SqliteStoreOptions(Path.Combine(home.Path, "store"))));
            await app.StartAsync();
            app.Services.GetRequiredService<Announcement>().Publish();
            Supervision.Follow(options.SupervisorDescriptor, app.Lifetime);
            Supervision.TellReady(options.ReadyDescriptor);
            await app.WaitForShutdownAsync();
            return Stopped;
        }
        catch (Exception e) when (StartFailure.Explain(e, options) is { } reason)
        {
            await Console.Error.WriteLineAsync($"weft-control: {reason}");
            return CannotServe;
        }
    }

    /// <summary>Read downwards: what each part adds, then the order in which a request meets them.</summary>
    private static WebApplication Build(ControlOptions options, WeftHome home, IResourceStore store)
    {
        WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions { ContentRootPath = AppContext.BaseDirectory });
        builder.WebHost.UseKestrelCore();
        builder.WebHost.UseKestrelHttpsConfiguration();
        builder.Services.AddRoutingCore();
        builder.Logging.AddSimpleConsole(o => o.SingleLine = true);
        builder.Logging.SetMinimumLevel(options.Verbose ? LogLevel.Debug : LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", options.Verbose ? LogLevel.Information : LogLevel.Warning);

        AuthorityOptions authority = new() { Directory = Path.Combine(home.Path, "authority") };
        if (options.TrustDomain is { } domain)
        {
            authority = authority with { TrustDomain = domain };
        }

        builder.Services.AddSingleton(store);
        builder.Services.AddResourceApi();
        builder.Services.AddMesh(new MeshOptions { Authority = authority, Discovery = options.Discovery });
        builder.Services.AddAccess(new AccessOptions(home, options.Api));

        builder.Services.AddDashboard();

        WebApplication app = builder.Build();
        app.UseDashboard(); // before the door: it serves the page and says who holds its session
        app.UseAccess();
        app.MapResourceApi();
        app.MapMeshViews();
        app.MapLoginLinks(() => new Uri($"https://{app.Services.GetRequiredService<Announcement>().Api}"));
        return app;
    }
}
