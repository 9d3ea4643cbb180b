namespace Weft.EndToEnd.Kit;

/// <summary>Debian's Chromium without a window: what a person would see of a page, as its DOM after scripts ran, or as a picture.</summary>
internal static class Chromium
{
    public static async Task<string> DomAsync(string url) =>
        (await RunAsync("--dump-dom", "--virtual-time-budget=6000", url)).Output;

    public static Task ScreenshotAsync(string url, string file) =>
        RunAsync($"--screenshot={file}", "--window-size=1400,900", "--virtual-time-budget=6000", url);

    private static async Task<CommandResult> RunAsync(params string[] arguments)
    {
        string tool = Repository.Tool("chromium", "chromium"), profile = Directory.CreateTempSubdirectory("weft-chromium-").FullName;
        try
        {
            return await Command.RunAsync(tool,
            [
                "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
                "--disable-component-update", "--disable-sync", "--ignore-certificate-errors", $"--user-data-dir={profile}", .. arguments,
            ]);
        }
        finally
        {
            Directory.Delete(profile, recursive: true);
        }
    }
}
