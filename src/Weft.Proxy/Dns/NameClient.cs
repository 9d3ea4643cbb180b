using System.Collections.Immutable;
using System.Net;
using System.Net.Sockets;
using Weft.Transport;
using Weft.Wire.Dns;

namespace Weft.Proxy.Dns;

/// <summary>The host's names: hosts(5) first, then the servers of resolv.conf(5), with a cache. Control loop only; it never blocks.</summary>
internal sealed class NameClient(EventLoop loop, ResolverFiles files, DnsAsker asker)
{
    private readonly DnsCache _cache = new();
    private readonly Dictionary<DnsKey, NameQuestion> _underWay = [];

    public NameClient(EventLoop loop)
        : this(loop, new ResolverFiles(), new DnsAsker(loop))
    {
    }

    /// <summary>All addresses of a host name or literal. A short name is tried under the search domains; the first that exists counts.</summary>
    /// <remarks>When a candidate's servers do not answer, that is the answer: the next candidate would be another host.</remarks>
    public async LoopTask<NameAnswer> ResolveAsync(string host)
    {
        if (IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? literal))
        {
            return NameAnswer.Of([literal], long.MaxValue);
        }

        files.Look(loop.NowMs);
        host = host.ToLowerInvariant();
        if (FromHosts(host.TrimEnd('.')) is { IsFound: true } local)
        {
            return Useful(local); // before any search domain, as in the C library
        }

        var last = new NameAnswer(NameStatus.NoName, [], long.MaxValue);
        foreach (string name in Candidates(host, files.Config))
        {
            NameAnswer answer = await BothAsync(name);
            if (answer.Status is NameStatus.Found or NameStatus.Unknown)
            {
                return answer;
            }

            NameStatus status = answer.Status is NameStatus.NoAddress ? answer.Status : last.Status;
            last = new NameAnswer(status, [], Math.Min(last.ValidUntilMs, answer.ValidUntilMs));
        }

        return last with { ValidUntilMs = Math.Min(last.ValidUntilMs, loop.NowMs + (NameLimits.NegativeSecondsMax * 1_000L)) };
    }

    /// <summary>A whole name's addresses of one type, as somebody asked who searches for himself.</summary>
    public async LoopTask<NameAnswer> AskAsync(string name, ushort type)
    {
        files.Look(loop.NowMs);
        name = name.ToLowerInvariant();
        AddressFamily family = type == DnsType.Aaaa ? AddressFamily.InterNetworkV6 : AddressFamily.InterNetwork;
        return FromHosts(name) is { IsFound: true } local ? local.Only(family) : await Begin(new DnsKey(name, type)).WaitAsync();
    }

    private NameAnswer FromHosts(string name)
    {
        ImmutableArray<IPAddress> known = files.Hosts.Find(name);
        if (known.IsEmpty && (name == "localhost" || name.EndsWith(".localhost", StringComparison.Ordinal)))
        {
            known = [IPAddress.Loopback, IPAddress.IPv6Loopback]; // RFC 6761 §6.3: never a question to anybody
        }

        return known.IsEmpty ? NameAnswer.Unknown : NameAnswer.Of(known, loop.NowMs + NameLimits.FilesLookMs);
    }

    // An address that this host cannot reach would only be dialled in vain.
    private NameAnswer Useful(in NameAnswer answer) =>
        !files.HasIpv6 && answer.Only(AddressFamily.InterNetwork) is { IsFound: true } four ? four : answer;

    private async LoopTask<NameAnswer> BothAsync(string name)
    {
        NameQuestion? six = files.HasIpv6 ? Begin(new DnsKey(name, DnsType.Aaaa)) : null;
        NameAnswer four = await Begin(new DnsKey(name, DnsType.A)).WaitAsync();
        if (six is null && four.Status is not NameStatus.NoAddress)
        {
            return four;
        }

        NameAnswer other = await (six ?? Begin(new DnsKey(name, DnsType.Aaaa))).WaitAsync(four.IsFound ? NameLimits.LateFamilyMs : null);
        return NameAnswer.Join(four, other, loop.NowMs + NameLimits.RetryMs);
    }

    private NameQuestion Begin(DnsKey key)
    {
        if (_underWay.TryGetValue(key, out NameQuestion? same))
        {
            return same;
        }

        var question = new NameQuestion(loop);
        byte[] wire = new byte[DnsName.WireBytesMax];
        if (_cache.TryGet(key, loop.NowMs, out NameAnswer known))
        {
            question.Settle(known);
        }
        else if (!DnsName.TryEncode(key.Name, wire, out int length))
        {
            question.Settle(new NameAnswer(NameStatus.NoName, [], loop.NowMs + (NameLimits.NegativeSecondsMax * 1_000L)));
        }
        else if (_underWay.Count >= NameLimits.QuestionsMax)
        {
            question.Settle(NameAnswer.Unknown);
        }
        else
        {
            _underWay.Add(key, question);
            loop.Supervise(AnswerAsync(key, wire[..length], question), "dns-question");
        }

        return question;
    }

    private async LoopTask AnswerAsync(DnsKey key, byte[] wire, NameQuestion question)
    {
        DnsReply? reply = await asker.AskAsync(wire, key.Type, files.Config);
        _underWay.Remove(key);
        question.Settle(reply is null ? NameAnswer.Unknown : _cache.Keep(key, reply, loop.NowMs));
    }

    // resolv.conf(5), ndots: enough dots, as it stands first; too few, under the domains first.
    private static IEnumerable<string> Candidates(string host, ResolverConfig config)
    {
        if (host.EndsWith('.'))
        {
            return [host[..^1]];
        }

        IEnumerable<string> searched = config.Search.Select(domain => $"{host}.{domain}").Where(static name => name.Length <= DnsName.TextLengthMax);
        return host.Count(static c => c == '.') >= config.Ndots ? searched.Prepend(host) : searched.Append(host);
    }
}
