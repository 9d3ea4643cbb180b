using System.Collections.Immutable;
using System.Globalization;
using Weft.Model.V1;

namespace Weft.Policy.Authorization;

/// <summary>The attributes that a "when" may ask for.</summary>
internal enum ConditionKey : byte
{
    Unknown,
    Header,
    SourceIp,
    RemoteIp,
    SourceNamespace,
    SourcePrincipal,
    SourceServiceAccount,
    SourceTrustDomain,
    RequestPrincipal,
    Claim,
    DestinationIp,
    DestinationPort,
    Sni,
}

/// <summary>One "when" of a rule: one of its values and none of its not-values. Immutable.</summary>
internal sealed class ConditionModel
{
    private readonly ConditionKey _key;
    private readonly Utf8Text _name;
    private readonly TextSet? _values;
    private readonly TextSet? _notValues;
    private readonly BlockSet? _blocks;
    private readonly BlockSet? _notBlocks;
    private readonly ImmutableArray<int> _ports;
    private readonly ImmutableArray<int> _notPorts;

    public ConditionModel(AuthorizationCondition condition, string field, ProblemSink problems)
    {
        (_key, string name) = Read(condition.Key);
        _name = new Utf8Text(name);
        switch (_key)
        {
            case ConditionKey.Unknown:
                problems.Add(field, $"'{condition.Key}' is no attribute that can be asked for; use request.headers[…], source.…, request.auth.…, destination.… or connection.sni.");
                break;
            case ConditionKey.SourceIp or ConditionKey.RemoteIp or ConditionKey.DestinationIp:
                _blocks = BlockSet.Compile([.. condition.Values.Select(Plain)], $"{field}.values", problems);
                _notBlocks = BlockSet.Compile([.. condition.NotValues.Select(Plain)], $"{field}.not_values", problems);
                break;
            case ConditionKey.DestinationPort:
                _ports = Ports(condition.Values, $"{field}.values", problems);
                _notPorts = Ports(condition.NotValues, $"{field}.not_values", problems);
                break;
            default:
                _values = TextSet.Compile(condition.Values, $"{field}.values", problems);
                _notValues = TextSet.Compile(condition.NotValues, $"{field}.not_values", problems);
                break;
        }
    }

    public bool NeedsHttp => _key is ConditionKey.Header or ConditionKey.RequestPrincipal or ConditionKey.Claim;

    public bool Matches<T>(ref T request, bool http, in ConnectionFacts connection)
        where T : IRequestFacts, allows ref struct
    {
        if (NeedsHttp)
        {
            return !http || MatchesRequest(ref request);
        }

        return _key switch
        {
            ConditionKey.SourceIp => Holds(connection.Source),
            ConditionKey.RemoteIp => Holds(http ? request.RemoteAddress : connection.Remote),
            ConditionKey.DestinationIp => Holds(connection.Destination),
            ConditionKey.DestinationPort => (_ports.IsEmpty || _ports.Contains(connection.DestinationPort)) && !_notPorts.Contains(connection.DestinationPort),
            ConditionKey.SourceNamespace => Holds(connection.Peer?.Namespace),
            ConditionKey.SourcePrincipal => Holds(connection.Peer?.Principal),
            ConditionKey.SourceServiceAccount => Holds(connection.Peer?.ServiceAccount),
            ConditionKey.SourceTrustDomain => Holds(connection.Peer?.TrustDomain),
            ConditionKey.Sni => Holds(connection.Sni),
            _ => false,
        };
    }

    private bool MatchesRequest<T>(ref T request)
        where T : IRequestFacts, allows ref struct
    {
        if (_key is ConditionKey.Header)
        {
            bool found = request.TryGetHeader(_name.Span, out var value);
            return _values?.Matches(found, value) != false && _notValues?.Matches(found, value) != true;
        }

        if (_key is ConditionKey.RequestPrincipal)
        {
            return _values?.Matches(request.RequestPrincipal) != false && _notValues?.Matches(request.RequestPrincipal) != true;
        }

        return (_values is null || AnyClaim(ref request, _values)) && (_notValues is null || !AnyClaim(ref request, _notValues));
    }

    private bool AnyClaim<T>(ref T request, TextSet set)
        where T : IRequestFacts, allows ref struct
    {
        int index = 0;
        for (; request.TryGetClaim(_name.Span, index, out var value); index++)
        {
            if (set.Matches(true, value))
            {
                return true;
            }
        }

        return index == 0 && set.Matches(false, default);
    }

    private bool Holds(Utf8Text? value) => _values?.Matches(value) != false && _notValues?.Matches(value) != true;

    private bool Holds(IpValue address) => _blocks?.Contains(address) != false && _notBlocks?.Contains(address) != true;

    private static string Plain(StringMatch match) => match.KindCase is StringMatch.KindOneofCase.Exact ? match.Exact : match.ToString();

    private static ImmutableArray<int> Ports(IEnumerable<StringMatch> values, string field, ProblemSink problems)
    {
        var ports = ImmutableArray.CreateBuilder<int>();
        foreach (var value in values)
        {
            if (ushort.TryParse(Plain(value), NumberStyles.None, CultureInfo.InvariantCulture, out ushort port))
            {
                ports.Add(port);
            }
            else
            {
                problems.Add(field, $"{Plain(value)} is no port; write a number from 0 to 65535.");
            }
        }

        return ports.ToImmutable();
    }

    private static (ConditionKey Key, string Name) Read(string key) => key switch
    {
        "source.ip" => (ConditionKey.SourceIp, string.Empty),
        "remote.ip" => (ConditionKey.RemoteIp, string.Empty),
        "source.namespace" => (ConditionKey.SourceNamespace, string.Empty),
        "source.principal" => (ConditionKey.SourcePrincipal, string.Empty),
        "source.serviceAccount" => (ConditionKey.SourceServiceAccount, string.Empty),
        "source.trustDomain" => (ConditionKey.SourceTrustDomain, string.Empty),
        "request.auth.principal" => (ConditionKey.RequestPrincipal, string.Empty),
        "request.auth.audiences" => (ConditionKey.Claim, "aud"),
        "request.auth.presenter" => (ConditionKey.Claim, "azp"),
        "destination.ip" => (ConditionKey.DestinationIp, string.Empty),
        "destination.port" => (ConditionKey.DestinationPort, string.Empty),
        "connection.sni" => (ConditionKey.Sni, string.Empty),
        _ when Bracketed(key, "request.headers") is { } header => (ConditionKey.Header, header.ToLowerInvariant()),
        _ when Bracketed(key, "request.auth.claims") is { } claim => (ConditionKey.Claim, claim.Replace("][", ".", StringComparison.Ordinal)),
        _ => (ConditionKey.Unknown, string.Empty),
    };

    private static string? Bracketed(string key, string map) =>
        key.Length > map.Length + 2 && key.StartsWith(map, StringComparison.Ordinal) && key[map.Length] == '[' && key[^1] == ']'
            ? key[(map.Length + 1)..^1]
            : null;
}
