using System.Text;
using Weft.Proxy.Host;

namespace Weft.Unit.Proxy.Host;

public sealed class BootstrapReaderTests
{
    private const string Whole = """
        {"workload":"default/reviews-v1-x","node":"h","gateway":false,"control":"127.0.0.1:15012","rootSha256":"ab","token":"t","stateDir":"/s","adminSocket":"/s/admin.sock",
         "inbound":{"bind":"127.0.0.1","port":0,"unixSocket":"/s/in.sock"},"metrics":{"bind":"127.0.0.1","port":15020},"gatewayBind":"127.0.0.1","gatewayPorts":{"80":8080},
         "podFd":4,"supervisorFd":3,"handoverFd":7,"restartFd":6,"loops":2,"drain":{"stopSeconds":9,"restartSeconds":90},
         "limits":{"memoryMiB":64,"connections":500},"watchdog":{"warnSeconds":2,"giveUpSeconds":0},"hostPorts":[5432],"app":{"ports":[9080],"address":"127.0.0.1"},"explicit":{"outbound":"127.0.0.1:15001","inbound":{"9080":41000}}}
        """;

    [Fact]
    public void Read_WholeDocument_TakesEveryField()
    {
        Bootstrap read = Read(Whole);
        Assert.Equal(("default", 4, 3, 2), (read.Namespace, read.PodFd, read.SupervisorFd, read.Loops));
        Assert.Equal(8080, read.GatewayPorts[80]);
        Assert.Equal(41000, read.ExplicitInbound[9080]);
        Assert.Equal([5432], read.HostPorts);
        Assert.Equal([9080], read.AppPorts);
        Assert.Equal((15020, "/s/in.sock"), (read.MetricsPort, read.InboundUnixSocket));
        Assert.Equal((7, 6), (read.HandoverFd, read.RestartFd));
        Assert.Equal((9.0, 90.0), (read.Drain.Stop.TotalSeconds, read.Drain.Restart.TotalSeconds));
        Assert.Equal((64L << 20, 500), (read.Limits.MemoryBytes, read.Limits.Connections));
        Assert.Equal((2.0, 0.0), (read.Watchdog.Warn.TotalSeconds, read.Watchdog.GiveUp.TotalSeconds));
    }

    [Theory]
    [InlineData("""{"workload":"default/x","stateDir":"/s","surprise":1}""", "surprise")]
    [InlineData("""{"workload":"default/x","stateDir":"/s","inbound":{"prot":1}}""", "inbound.prot")]
    [InlineData("""{"workload":"x","stateDir":"/s"}""", "workload")]
    [InlineData("""{"workload":"default/x"}""", "stateDir")]
    [InlineData("""{"workload":"default/x","stateDir":"/s","loops":0}""", "loops")]
    [InlineData("""{"workload":"default/x","stateDir":"/s","inbound":{"port":70000}}""", "port")]
    [InlineData("""{"workload":"default/x","stateDir":"/s","hostPorts":["a"]}""", "hostPorts")]
    [InlineData("""{"workload":7,"stateDir":"/s"}""", "workload")]
    [InlineData("""{"workload":"default/x","stateDir":"/s","drain":{"stopSeconds":3601}}""", "stopSeconds")]
    [InlineData("""{"workload":"default/x","stateDir":"/s","limits":{"memoryMiB":1}}""", "memoryMiB")]
    [InlineData("""{"workload":"default/x","stateDir":"/s","watchdog":{"warnSeconds":0}}""", "warnSeconds")]
    [InlineData("""[]""", "document")]
    [InlineData("""{""", "JSON")]
    public void Read_WrongDocument_NamesTheField(string json, string named) =>
        Assert.Contains(named, Assert.Throws<BootstrapException>(() => Read(json)).Message, StringComparison.Ordinal);

    private static Bootstrap Read(string json) => BootstrapReader.Read(Encoding.UTF8.GetBytes(json));
}
