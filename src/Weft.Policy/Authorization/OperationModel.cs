using System.Collections.Immutable;
using Weft.Model.V1;
using Weft.Policy.Routing;

namespace Weft.Policy.Authorization;

/// <summary>One "to" of a rule: all that is asked must hold. Immutable.</summary>
internal sealed class OperationModel(AuthorizationOperation operation, string field, ProblemSink problems)
{
    private readonly TextSet? _hosts = TextSet.Compile(operation.Hosts, $"{field}.hosts", problems);
    private readonly TextSet? _notHosts = TextSet.Compile(operation.NotHosts, $"{field}.not_hosts", problems);
    private readonly ImmutableArray<uint> _ports = [.. operation.Ports];
    private readonly ImmutableArray<uint> _notPorts = [.. operation.NotPorts];
    private readonly TextSet? _methods = TextSet.Compile(operation.Methods, $"{field}.methods", problems);
    private readonly TextSet? _notMethods = TextSet.Compile(operation.NotMethods, $"{field}.not_methods", problems);
    private readonly TextSet? _paths = TextSet.Compile(operation.Paths, $"{field}.paths", problems);
    private readonly TextSet? _notPaths = TextSet.Compile(operation.NotPaths, $"{field}.not_paths", problems);

    public bool NeedsHttp => (_hosts ?? _notHosts ?? _methods ?? _notMethods ?? _paths ?? _notPaths) is not null;

    public bool Matches<T>(ref T request, bool http, in ConnectionFacts connection)
        where T : IRequestFacts, allows ref struct
    {
        uint port = (uint)connection.DestinationPort;
        if ((_ports.Length > 0 && !_ports.Contains(port)) || _notPorts.Contains(port))
        {
            return false;
        }

        return !http
            || (Holds(_methods, _notMethods, request.Method)
                && Holds(_paths, _notPaths, request.Path)
                && HoldsHost(request.Authority));
    }

    // A host is meant with every port unless it is written with one; the default port is cut off already.
    private bool HoldsHost(ReadOnlySpan<byte> authority)
    {
        if (_hosts is null && _notHosts is null)
        {
            return true;
        }

        var host = AuthorityText.Host(authority);
        return (_hosts is null || _hosts.Matches(authority) || _hosts.Matches(host))
            && (_notHosts is null || !(_notHosts.Matches(authority) || _notHosts.Matches(host)));
    }

    private static bool Holds(TextSet? any, TextSet? none, ReadOnlySpan<byte> value) => any?.Matches(value) != false && none?.Matches(value) != true;
}
