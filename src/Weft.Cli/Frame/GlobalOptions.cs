using System.CommandLine;

namespace Weft.Cli.Frame;

internal enum OutputFormat
{
    Text,
    Json,
    Yaml,
}

/// <summary>The options that every command takes.</summary>
internal static class GlobalOptions
{
    public const string DefaultNamespace = "default";

    public static readonly Option<OutputFormat> Output = new("--output", "-o")
    {
        Description = "text for people, json or yaml for programs",
        HelpName = "text|json|yaml",
        Recursive = true,
        CustomParser = static result => result.Tokens[0].Value switch
        {
            "text" or "wide" => OutputFormat.Text,
            "json" => OutputFormat.Json,
            "yaml" => OutputFormat.Yaml,
            string other => Refuse(result, $"'{other}' is not an output format: text, json or yaml."),
        },
    };

    public static readonly Option<string?> Server = new("--server")
    {
        Description = "the control plane: an https URL or a socket's path (default: the local one; $WEFT_SERVER)",
        HelpName = "URL",
        Recursive = true,
        DefaultValueFactory = static _ => Environment.GetEnvironmentVariable("WEFT_SERVER") is { Length: > 0 } server ? server : null,
    };

    public static readonly Option<string?> Namespace = new("--namespace", "-n")
    {
        Description = "the namespace (default: default)",
        HelpName = "NAMESPACE",
        Recursive = true,
    };

    static GlobalOptions() => Output.CompletionSources.Add("text", "json", "yaml");

    private static OutputFormat Refuse(System.CommandLine.Parsing.ArgumentResult result, string message)
    {
        result.AddError(message);
        return OutputFormat.Text;
    }
}
