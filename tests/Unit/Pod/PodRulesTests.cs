using System.Net;
using Weft.Proxy.Pod;
using Weft.Transport.Processes;

namespace Weft.Unit.Pod;

public sealed class PodRulesTests
{
    private static readonly IPAddress Address = IPAddress.Parse("240.241.1.2");

    [Fact]
    public void Rules_HostPorts_LeaveTheAcceptOfLoopbackBehindThem()
    {
        string rules = PodRules.Rules(Address, ipv6: true, log: true, [5432, 6379]);
        int host = rules.IndexOf("tcp dport { 5432, 6379 } redirect to :15001", StringComparison.Ordinal);
        Assert.InRange(host, 0, rules.IndexOf("127.0.0.0/8", StringComparison.Ordinal));
        Assert.Contains("log group 15", rules);
        Assert.Contains("fd57:ef7:0:1::f0f1:0102", rules);
    }

    [Fact]
    public void Rules_WithoutLogAndIpv6_NameNeither()
    {
        string rules = PodRules.Rules(Address, ipv6: false, log: false, []);
        Assert.DoesNotContain("log group", rules);
        Assert.DoesNotContain("ip6 daddr", rules);
    }

    [Fact]
    public void NameServiceSwitch_SystemdResolve_IsTakenOutOfHosts()
    {
        string made = PodRules.NameServiceSwitch("passwd: files systemd\nhosts: mymachines resolve [!UNAVAIL=return] files dns\n");
        Assert.Equal("passwd: files systemd\nhosts: files dns\n", made);
    }

    [Theory]
    [InlineData("pod", "--channel-fd", "4", "--supervisor-fd", "3")]
    [InlineData("--channel-fd", "1", "--supervisor-fd", "3", "--", "true")]
    [InlineData("--channel-fd", "4", "--supervisor-fd", "3", "--uid", "0", "--", "true")]
    [InlineData("--channel-fd", "4", "--supervisor-fd", "3", "--host-ports", "1,x", "--", "true")]
    public void Options_NotWhole_AreRefusedWithAReason(params string[] arguments)
    {
        Assert.Null(PodOptions.TryParse(arguments, out string problem));
        Assert.NotEmpty(problem);
    }

    [Fact]
    public void Options_Whole_AreRead()
    {
        PodOptions? options = PodOptions.TryParse(
            ["--channel-fd", "4", "--supervisor-fd", "3", "--address", "240.241.1.2", "--uid", "7", "--host-ports", "5432", "--", "a", "--", "b"], out _);
        Assert.Equal(Address, options!.Address);
        Assert.Equal(7u, options.Uid);
        Assert.Equal(["a", "--", "b"], options.Command);
    }

    [Fact]
    public void PacketLog_UdpOverIpv4_GivesDestination()
    {
        // NFULA_PAYLOAD (9), then an IPv4 header and the ports of UDP, as the kernel sent them to a pod.
        byte[] attributes = Convert.FromHexString("21000900" + "4500001dc6514000401173" + "74f0f1000908080808" + "ac3c01bb00090125" + "78000000");
        Assert.True(PacketLog.TryRead(attributes, out LoggedPacket packet));
        Assert.Equal(17, packet.Protocol);
        Assert.Equal(IPEndPoint.Parse("8.8.8.8:443"), packet.Destination);
    }

    [Fact]
    public void PacketLog_CutAnywhere_NeverThrows()
    {
        byte[] attributes = Convert.FromHexString("21000900" + "4500001dc6514000401173" + "74f0f1000908080808" + "ac3c01bb00090125" + "78000000");
        for (int length = 0; length < attributes.Length; length++) { PacketLog.TryRead(attributes.AsSpan(0, length), out _); }
    }

    [Fact]
    public void PodMessage_AnyPrefix_IsReadOrRefused()
    {
        Assert.False(PodMessage.TryRead(new byte[11], out _));
        Assert.False(PodMessage.TryRead(new byte[12], out _));
        Assert.True(PodMessage.TryRead([3, 7, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], out PodMessage message));
        Assert.Equal(new PodMessage(PodMessageKind.Want, 1, 7), message);
    }
}
