using System.CommandLine;
using System.CommandLine.Completions;
using Weft.Cli.Frame;

namespace Weft.Cli.Commands;

/// <summary>Scripts for shells; they ask <c>weft completion words</c> back, so they never grow stale.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        _weft() {
          local IFS=$'\n'
          COMPREPLY=( $(compgen -W "$(weft completion words -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}") )
        }
        complete -o default -F _weft weft
        """;

    private const string Zsh = """
        #compdef weft
        _weft() {
          local -a words_of_weft
          words_of_weft=( ${(f)"$(weft completion words -- "${BUFFER[1,CURSOR]}" 2>/dev/null)"} )
          (( ${#words_of_weft} )) && compadd -a words_of_weft || _files
        }
        compdef _weft weft
        """;

    private const string Fish = """
        complete -c weft -a '(weft completion words -- (commandline -cp) 2>/dev/null)'
        """;

    public static Command Create(RootCommand root)
    {
        var command = new WeftCommand("completion", "Print the completion script of a shell",
            ("bash, for this session", "source <(weft completion bash)"),
            ("zsh", "weft completion zsh > \"${fpath[1]}/_weft\""),
            ("fish", "weft completion fish > ~/.config/fish/completions/weft.fish"));
        command.Subcommands.Add(Script("bash", Bash));
        command.Subcommands.Add(Script("zsh", Zsh));
        command.Subcommands.Add(Script("fish", Fish));
        command.Subcommands.Add(Words(root));
        return command;
    }

    private static WeftCommand Script(string shell, string script) =>
        new WeftCommand(shell, $"The script for {shell}").Runs((context, _) =>
        {
            context.Output.Line(script);
            return Task.FromResult(ExitCode.Done);
        });

    private static WeftCommand Words(RootCommand root)
    {
        var line = new Argument<string>("LINE") { Description = "the command line up to the cursor" };
        var words = new WeftCommand("words", "What could come next on a command line") { Hidden = true };
        words.Arguments.Add(line);
        return words.Runs((context, _) =>
        {
            string text = context.Value(line) ?? "";
            string arguments = text.TrimStart() is var trimmed && trimmed.IndexOf(' ') is >= 0 and int space ? trimmed[(space + 1)..] : "";
            ParseResult parse = root.Parse(arguments);
            CompletionContext at = parse.GetCompletionContext() is TextCompletionContext typed ? typed.AtCursorPosition(arguments.Length) : parse.GetCompletionContext();
            foreach (CompletionItem item in parse.CommandResult.Command.GetCompletions(at)) { context.Output.Line(item.Label); }
            return Task.FromResult(ExitCode.Done);
        });
    }
}
