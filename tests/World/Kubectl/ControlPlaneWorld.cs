using System.Diagnostics;
using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;
using Weft.Authority;
using Weft.ControlPlane;
using Weft.ControlPlane.Access;
using Weft.Primitives;
using Weft.Resources;
using Weft.Stores.Sqlite;

namespace Weft.World.Kubectl;

/// <summary>What a program said and how it ended.</summary>
public sealed record Said(int Code, string Out, string Error)
{
    public string All => Out + Error;
}

/// <summary>A control plane in this process, with listeners, authority and store of its own; and programs run against it.</summary>
public sealed class ControlPlaneWorld : IAsyncLifetime
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private WebApplication? _app;

    public WeftHome Home { get; } = new(Directory.CreateTempSubdirectory("weft-world-").FullName);

    public IResourceStore Store => _app!.Services.GetRequiredService<IResourceStore>();

    public Uri Address => _app!.Services.GetRequiredService<Announcement>().Address;

    public static string? Kubectl { get; } = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(d => Path.Combine(d, "kubectl")).FirstOrDefault(File.Exists);

    public static string? TestData { get; } = FindTestData();

    public async ValueTask InitializeAsync()
    {
        Home.Create();
        IPEndPoint any = new(IPAddress.Loopback, 0);
        MeshOptions mesh = new() { Authority = new AuthorityOptions { Directory = Path.Combine(Home.Path, "authority") }, Discovery = any };
        WebApplicationBuilder builder = ControlPlaneApp.CreateBuilder(
            new AccessOptions(Home, any), mesh, SqliteStore.Open(new SqliteStoreOptions(Path.Combine(Home.Path, "store"))));
        _app = builder.Build();
        ControlPlaneApp.Map(_app);
        await _app.StartAsync();
        _app.Services.GetRequiredService<Announcement>().Publish();
    }

    public async ValueTask DisposeAsync()
    {
        if (_app is not null)
        {
            await _app.StopAsync();
            await _app.DisposeAsync();
        }

        Directory.Delete(Home.Path, recursive: true);
    }

    /// <summary>Runs the real kubectl; skips the test where there is none.</summary>
    public Task<Said> KubectlAsync(params string[] arguments) => KubectlAsync("", arguments, null);

    public Task<Said> KubectlAsync(string input, string[] arguments, Action<ProcessStartInfo>? setup)
    {
        Assert.SkipWhen(Kubectl is null, "kubectl is not on PATH: install Debian's kubernetes-client");
        return RunAsync(Kubectl!, input, arguments, setup);
    }

    public async Task<string> KubectlOkAsync(params string[] arguments)
    {
        Said said = await KubectlAsync(arguments);
        Assert.True(said.Code == 0, $"kubectl {string.Join(' ', arguments)} ended with {said.Code}:\n{said.All}");
        return said.Out;
    }

    public async Task<Said> RunAsync(string program, string input, string[] arguments, Action<ProcessStartInfo>? setup)
    {
        ProcessStartInfo start = new(program, arguments) { RedirectStandardOutput = true, RedirectStandardError = true, RedirectStandardInput = true };
        start.Environment["KUBECONFIG"] = Home.Kubeconfig;
        start.Environment["HOME"] = Home.Path; // kubectl keeps what it discovered there
        setup?.Invoke(start);
        using Process process = Process.Start(start)!;
        using CancellationTokenSource limit = new(Patience);
        await process.StandardInput.WriteAsync(input);
        process.StandardInput.Close();
        Task<string> output = process.StandardOutput.ReadToEndAsync(limit.Token);
        Task<string> error = process.StandardError.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return new Said(process.ExitCode, await output, await error);
    }

    private static string? FindTestData()
    {
        if (Environment.GetEnvironmentVariable("WEFT_TESTDATA") is { Length: > 0 } given)
        {
            return given;
        }

        for (DirectoryInfo? at = new(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Weft.slnx")))
            {
                string beside = Path.GetFullPath(Path.Combine(at.FullName, "../shared/testdata"));
                return Directory.Exists(beside) ? beside : null;
            }
        }

        return null;
    }
}
