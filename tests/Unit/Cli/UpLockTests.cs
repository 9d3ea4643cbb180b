using Weft.Cli.Frame;
using Weft.Cli.Up;
using Weft.Primitives;

namespace Weft.Unit.Cli;

public sealed class UpLockTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("weft-lock-").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Take_WhileHeld_NamesTheHolderAndTheCure()
    {
        var home = new WeftHome(_directory);
        home.Create();
        Assert.Null(UpLock.Holder(home));
        using (UpLock.Take(home))
        {
            Assert.Equal(Environment.ProcessId, UpLock.Holder(home));
            var refused = Assert.Throws<CommandException>(() => UpLock.Take(home));
            Assert.Equal(ExitCode.No, refused.ExitCode);
            Assert.Contains("weft down", refused.Cure);
        }

        Assert.Null(UpLock.Holder(home));
    }
}
