using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Weft.Authority;
using Weft.ControlPlane;
using Weft.ControlPlane.Access;
using Weft.ControlPlane.Keys;
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

    private static WebApplication Build(ControlOptions options, WeftHome home, IResourceStore store)
    {
        AuthorityOptions authority = new() { Directory = Path.Combine(home.Path, "authority") };
        if (options.TrustDomain is { } domain)
        {
            authority = authority with { TrustDomain = domain };
        }

        MeshOptions mesh = new()
        {
            Authority = authority,
            Discovery = options.Discovery,
            Keys = new JwksOptions
            {
                Directory = Path.Combine(home.Path, "issuer-keys"),
                AllowedNetworks = options.KeyNetworks,
                AuthoritiesPem = options.KeyAuthorities is { } file ? File.ReadAllText(file) : "",
            },
        };
        WebApplicationBuilder builder = ControlPlaneApp.CreateBuilder(new AccessOptions(home, options.Api), mesh, store);
        builder.Services.AddDashboard();
        builder.Logging.AddSimpleConsole(o => o.SingleLine = true);
        builder.Logging.SetMinimumLevel(options.Verbose ? LogLevel.Debug : LogLevel.Information);
        builder.Logging.AddFilter("Microsoft", options.Verbose ? LogLevel.Information : LogLevel.Warning);

        WebApplication app = builder.Build();
        app.UseDashboard(); // before the door: whoever follows a login link has nothing else to show
        ControlPlaneApp.Map(app);
        app.MapLoginLinks(() => app.Services.GetRequiredService<Announcement>().Address);
        return app;
    }
}
