namespace Weft.Cli.Frame;

/// <summary>Ends a command with a message, its cure and an exit code. Caught in one place, <see cref="WeftCommand"/>.</summary>
internal sealed class CommandException(int exitCode, string message, string cure = "") : Exception(message)
{
    public int ExitCode => exitCode;

    public string Cure => cure;

    public static CommandException WrongCommandLine(string message, string cure = "") => new(Frame.ExitCode.WrongCommandLine, message, cure);

    public static CommandException BadInput(string message, string cure = "") => new(Frame.ExitCode.BadInput, message, cure);

    public static CommandException No(string message, string cure = "") => new(Frame.ExitCode.No, message, cure);
}
