using System.Net;
using Weft.Wire.Dns;

namespace Weft.Unit.Wire;

public sealed class DnsTests
{
    private const string Question = "03777777076578616D706C6503636F6D00";

    /// <summary>Name; its wire form, empty: it is none.</summary>
    [Theory]
    [InlineData("www.Example.COM", Question)]
    [InlineData("www.example.com.", Question)]
    [InlineData("_sip._tcp.a", "045F736970045F746370016100")]
    [InlineData("", "")]
    [InlineData(".", "")]
    [InlineData("a..b", "")]
    [InlineData("a b", "")]
    [InlineData("grüße.de", "")]
    [InlineData("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b", "")] // 64
    public void Name_OfEachKind_IsEncodedOrRefused(string name, string wire)
    {
        byte[] buffer = new byte[DnsName.WireBytesMax];
        Assert.Equal(wire.Length > 0, DnsName.TryEncode(name, buffer, out int length));
        Assert.True(wire.Length == 0 || Convert.ToHexString(buffer, 0, length) == wire);
    }

    [Fact]
    public void Name_OfTheLongestLength_FitsAndOneMoreDoesNot()
    {
        string longest = string.Join('.', Enumerable.Repeat(new string('a', 49), 5)) + ".abc"; // 253
        byte[] buffer = new byte[DnsName.WireBytesMax];
        Assert.True(DnsName.TryEncode(longest, buffer, out int length));
        Assert.Equal(DnsName.WireBytesMax, length);
        int at = 0;
        Assert.True(DnsName.TryExpand(buffer, ref at, new byte[DnsName.WireBytesMax], out _));
        Assert.Equal(longest, DnsName.ToText(buffer));
        Assert.False(DnsName.TryEncode(longest + "d", buffer, out _));
    }

    /// <summary>Message, where the name begins, and the name; empty: it is broken.</summary>
    [Theory]
    [InlineData("0161000162C000", 3, "b.a")]
    [InlineData("0161000162C000C003", 7, "b.a")]
    [InlineData("C000", 0, "")]             // to itself
    [InlineData("C002C000", 0, "")]         // forward, and back
    [InlineData("0161C000", 0, "")]         // to its own beginning
    [InlineData("0161C000", 2, "")]         // into a name that leads here again
    [InlineData("0161", 0, "")]             // no end
    [InlineData("0361", 0, "")]
    [InlineData("C0", 0, "")]
    [InlineData("416100", 0, "")]           // a length that RFC 1035 reserves
    [InlineData("", 0, "")]
    public void Name_InAMessage_IsExpandedOrBroken(string message, int at, string name)
    {
        byte[] wire = new byte[DnsName.WireBytesMax];
        int before = at;
        bool isGood = DnsName.TryExpand(Convert.FromHexString(message), ref at, wire, out int length);
        Assert.Equal(name, isGood ? DnsName.ToText(wire.AsSpan(0, length)) : "");
        Assert.True(isGood == (at > before) && (isGood || at == before));
    }

    [Fact]
    public void Query_WithOptions_SaysWhatItTakes()
    {
        byte[] name = Name();
        byte[] message = new byte[DnsQuery.BytesMax];
        int length = DnsQuery.Write(0x1234, name, DnsType.Aaaa, withOptions: true, message);
        Assert.Equal("123401000001000000000001" + Question + "001C0001" + "00002904D0000000000000", Convert.ToHexString(message, 0, length));
        Assert.True(DnsQuestion.TryRead(message.AsSpan(0, length), out DnsQuestion read));
        Assert.Equal((0x1234, "www.example.com", DnsType.Aaaa), (read.Id, read.Name, read.Type));
        length = DnsQuery.Write(1, name, DnsType.A, withOptions: false, message);
        Assert.Equal("000101000001000000000000" + Question + "00010001", Convert.ToHexString(message, 0, length));
    }

    /// <summary>Header behind the id, records behind the question; what is read, empty: it is no answer to the question.</summary>
    [Theory]
    [InlineData("81800001000100000000", "C00C000100010000003C0004C0000201", "0 192.0.2.1 60")]
    [InlineData("81800001000200000000", "C00C000100010000003C0004C0000201C00C000100010000001E0004C0000202", "0 192.0.2.1,192.0.2.2 30")]
    [InlineData("81800001000200000000", "C00C000500010000000A0004016EC010C02D000100010000003C0004C0000201", "0 192.0.2.1 10")]      // an alias
    [InlineData("81800001000200000000", "016EC010000100010000003C0004C0000201C00C000500010000000A0002C021", "0 192.0.2.1 10")]      // behind its address
    [InlineData("81800001000100000000", "C00C000500010000000A0002C00C", "0  0")]                                                    // to itself
    [InlineData("81800001000100000000", "016EC010000100010000003C0004C0000201", "0  0")]                                            // somebody else's address
    [InlineData("81800001000100000000", "C00C00010001FFFFFFFF0004C0000201", "0 192.0.2.1 0")]                                       // RFC 2181 §8
    [InlineData("81830001000000010000", "C01000060001000000200018" + "C010C010" + "0000000100000002000000030000000400000005", "3  5")]
    [InlineData("81800001000000010000", "C01000060001000000020018" + "C010C010" + "0000000100000002000000030000000400000005", "0  2")]
    [InlineData("81830001000000000000", "", "3  0")]
    [InlineData("81820001000000000000", "", "2  0")]
    [InlineData("83800001000100000000", "C00C0001", "0  0 cut")]
    [InlineData("01800001000100000000", "C00C000100010000003C0004C0000201", "")]                                                    // a query
    [InlineData("89800001000100000000", "C00C000100010000003C0004C0000201", "")]                                                    // another kind of operation
    [InlineData("81800001000100000000", "C00C000100010000003C0004C00002", "")]                                                      // shorter than it says
    [InlineData("81800001000200000000", "C00C000100010000003C0004C0000201", "")]                                                    // fewer records than it says
    [InlineData("81800001000100000000", "C00C000100010000003C0005C000020100", "0  0")]                                              // no address of five bytes
    [InlineData("81800001000100000000", "C00C000500010000000A0003C00C00", "")]                                                      // bytes behind an alias
    [InlineData("81830001000000010000", "C01000060001000000200017" + "C010C010" + "00000001000000020000000300000004000005", "")]
    public void Reply_OfEachKind_IsReadOrIsNone(string header, string records, string expected)
    {
        byte[] message = Convert.FromHexString("1234" + header + Question + "00010001" + records);
        Assert.Equal(expected, Read(message, 0x1234));
        Assert.Equal("", Read(message, 0x1235));
    }

    [Theory]
    [InlineData("123481810000000000000000", "1  0")]  // FORMERR without the question
    [InlineData("123481800000000000000000", "")]
    public void Reply_WithoutAQuestion_IsOnlyAFailure(string message, string expected) => Assert.Equal(expected, Read(Convert.FromHexString(message), 0x1234));

    [Fact]
    public void Aliases_LongerThanTheLimit_LeadNowhere()
    {
        // Each alias is one label behind the one before: 0.x, 1.x, …
        string Chain(int length) => string.Concat(Enumerable.Range(0, length).Select(i => (i == 0 ? "C00C" : $"01{i:X2}00") + "0005" + "0001" + "0000003C" + "0003" + $"01{i + 1:X2}00"))
            + $"01{length:X2}00" + "00010001" + "0000003C" + "0004" + "C0000201";
        byte[] Of(int length) => Convert.FromHexString("1234" + "81800001" + $"{length + 1:X4}" + "00000000" + Question + "00010001" + Chain(length));
        Assert.Equal("0 192.0.2.1 60", Read(Of(DnsReplyReader.AliasesMax), 0x1234));
        Assert.Equal("0  0", Read(Of(DnsReplyReader.AliasesMax + 1), 0x1234));
    }

    [Fact]
    public void ResolverConfig_IsReadAsTheCLibraryDoes()
    {
        ResolverConfig config = Resolver("""
            # generated
            nameserver 10.0.0.1
            nameserver   2001:db8::53
            nameserver nonsense
            nameserver 10.0.0.2
            nameserver 10.0.0.3
            domain old.test
            search a.test B.test. bad..name
            options ndots:5 timeout:99 attempts:0 rotate use-vc edns0 ndots:x
            """);
        Assert.Equal("10.0.0.1 2001:db8::53 10.0.0.2", string.Join(' ', config.Servers));
        Assert.Equal("a.test b.test", string.Join(' ', config.Search));
        Assert.Equal((5, 30, 1, true, true), (config.Ndots, config.TimeoutSeconds, config.Attempts, config.Rotates, config.UsesTcp));
    }

    [Fact]
    public void ResolverConfig_Empty_AsksThisMachine()
    {
        ResolverConfig config = Resolver("");
        Assert.Equal([IPAddress.Loopback], config.Servers);
        Assert.Equal((1, 5, 2), (config.Ndots, config.TimeoutSeconds, config.Attempts));
        Assert.Empty(config.Search);
    }

    [Fact]
    public void Hosts_NamesAndAliases_AreFoundInAnyCase()
    {
        HostsFile hosts = HostsFile.Read("::1 localhost\n127.0.0.1\tlocalhost  lo # comment\r\n10.0.0.1 DB.test. db\n10.0.0.1 db\n#10.0.0.2 db\nbroken db\n10.0.0.3\n"u8);
        Assert.Equal("127.0.0.1 ::1", string.Join(' ', hosts.Find("LOCALHOST")));
        Assert.Equal("127.0.0.1", string.Join(' ', hosts.Find("lo")));
        Assert.Equal("10.0.0.1", string.Join(' ', hosts.Find("db")));
        Assert.Equal("10.0.0.1", string.Join(' ', hosts.Find("db.test")));
        Assert.Empty(hosts.Find("comment"));
    }

    private static ResolverConfig Resolver(string text) => ResolverConfigReader.Read(System.Text.Encoding.UTF8.GetBytes(text));

    private static byte[] Name()
    {
        byte[] wire = new byte[DnsName.WireBytesMax];
        Assert.True(DnsName.TryEncode("www.example.com", wire, out int length));
        return wire[..length];
    }

    private static string Read(byte[] message, ushort id) => DnsReplyReader.TryRead(message, id, Name(), DnsType.A, out DnsReply reply)
        ? $"{reply.Code} {string.Join(',', reply.Addresses)} {reply.TtlSeconds}{(reply.IsTruncated ? " cut" : "")}"
        : "";
}
