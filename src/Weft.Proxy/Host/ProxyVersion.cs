using System.Reflection;

namespace Weft.Proxy.Host;

/// <summary>The version this binary was built as.</summary>
internal static class ProxyVersion
{
    public static string Text { get; } =
        typeof(ProxyVersion).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0.0.0";
}
