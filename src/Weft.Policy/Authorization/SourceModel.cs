using Weft.Model.V1;

namespace Weft.Policy.Authorization;

/// <summary>One "from" of a rule: all that is asked must hold. Immutable.</summary>
internal sealed class SourceModel(AuthorizationSource source, string field, ProblemSink problems)
{
    private readonly TextSet? _principals = TextSet.Compile(source.Principals, $"{field}.principals", problems);
    private readonly TextSet? _notPrincipals = TextSet.Compile(source.NotPrincipals, $"{field}.not_principals", problems);
    private readonly TextSet? _namespaces = TextSet.Compile(source.Namespaces, $"{field}.namespaces", problems);
    private readonly TextSet? _notNamespaces = TextSet.Compile(source.NotNamespaces, $"{field}.not_namespaces", problems);
    private readonly TextSet? _accounts = TextSet.Compile(source.ServiceAccounts, $"{field}.service_accounts", problems);
    private readonly TextSet? _notAccounts = TextSet.Compile(source.NotServiceAccounts, $"{field}.not_service_accounts", problems);
    private readonly TextSet? _requestPrincipals = TextSet.Compile(source.RequestPrincipals, $"{field}.request_principals", problems);
    private readonly TextSet? _notRequestPrincipals = TextSet.Compile(source.NotRequestPrincipals, $"{field}.not_request_principals", problems);
    private readonly BlockSet? _blocks = BlockSet.Compile(source.IpBlocks, $"{field}.ip_blocks", problems);
    private readonly BlockSet? _notBlocks = BlockSet.Compile(source.NotIpBlocks, $"{field}.not_ip_blocks", problems);
    private readonly BlockSet? _remoteBlocks = BlockSet.Compile(source.RemoteIpBlocks, $"{field}.remote_ip_blocks", problems);
    private readonly BlockSet? _notRemoteBlocks = BlockSet.Compile(source.NotRemoteIpBlocks, $"{field}.not_remote_ip_blocks", problems);

    /// <summary>It asks for something that an opaque connection does not have.</summary>
    public bool NeedsHttp => _requestPrincipals is not null || _notRequestPrincipals is not null;

    public bool Matches<T>(ref T request, bool http, in ConnectionFacts connection)
        where T : IRequestFacts, allows ref struct
    {
        var peer = connection.Peer;
        return Holds(_principals, _notPrincipals, peer?.Principal)
            && Holds(_namespaces, _notNamespaces, peer?.Namespace)
            && Holds(_accounts, _notAccounts, peer?.ServiceAccount)
            && Holds(_blocks, _notBlocks, connection.Source)
            && Holds(_remoteBlocks, _notRemoteBlocks, http ? request.RemoteAddress : connection.Remote)
            && (!http || !NeedsHttp || HoldsRequestPrincipal(request.RequestPrincipal));
    }

    private bool HoldsRequestPrincipal(ReadOnlySpan<byte> principal) =>
        _requestPrincipals?.Matches(principal) != false && _notRequestPrincipals?.Matches(principal) != true;

    // Without a proven identity a "not" holds: it is the negation of a match that cannot be (Istio: notPrincipals and plain text).
    private static bool Holds(TextSet? any, TextSet? none, Utf8Text? value) => any?.Matches(value) != false && none?.Matches(value) != true;

    private static bool Holds(BlockSet? any, BlockSet? none, IpValue value) => any?.Contains(value) != false && none?.Contains(value) != true;
}
