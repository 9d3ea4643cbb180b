using Weft.World.DataPath;
using Weft.World.LifeCycle;

namespace Weft.World.Live;

/// <summary>One version of the application: names itself in each answer.</summary>
internal static class ApiVersion
{
    internal const string Field = "x-version: ";

    internal static RawOrigin Start(string version, int status = 200) => new(async c =>
    {
        while (await c.ReadHeadAsync() is not null)
        {
            await c.SendAsync($"HTTP/1.1 {status} Said\r\nContent-Length: {LifeOrigin.Answer.Length}\r\n{Field}{version}\r\n\r\n{LifeOrigin.Answer}");
        }
    });

    /// <summary>Who answers a client now; null: no application does.</summary>
    internal static async Task<string?> AskAsync(RawClient client)
    {
        await client.GetAsync("/");
        return Of((await client.ReadAnswerAsync()).Head);
    }

    /// <summary>Who answered; null: no application did.</summary>
    internal static string? Of(string head)
    {
        int at = head.IndexOf(Field, StringComparison.Ordinal);
        return at < 0 ? null : head[(at + Field.Length)..].Split("\r\n")[0];
    }
}
