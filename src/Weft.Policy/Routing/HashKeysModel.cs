using System.Collections.Immutable;
using System.Numerics;
using Weft.Model.V1;
using Weft.Policy.Matching;
using Weft.Primitives;

namespace Weft.Policy.Routing;

/// <summary>A cookie that stickiness rests on. <see cref="Ttl"/> null: only read, never made; zero: a session cookie.</summary>
public sealed class CookieModel
{
    internal CookieModel(Cookie cookie)
    {
        Name = new Utf8Text(cookie.Name);
        Path = Utf8Text.OrNull(cookie.Path);
        Ttl = cookie.Ttl?.ToTimeSpan();
        Attributes = [.. cookie.Attributes.Select(a => new FieldModel(new Utf8Text(a.Name), new Utf8Text(a.Value)))];
    }

    public Utf8Text Name { get; }

    public Utf8Text? Path { get; }

    public TimeSpan? Ttl { get; }

    public ImmutableArray<FieldModel> Attributes { get; }
}

/// <summary>What a request is hashed by, for balancers that stick. Made for routes and for clusters. Immutable.</summary>
public sealed class HashKeysModel
{
    private readonly ImmutableArray<Key> _keys;

    private HashKeysModel(ImmutableArray<Key> keys) => _keys = keys;

    public static HashKeysModel None { get; } = new([]);

    public bool IsEmpty => _keys.IsEmpty;

    public static HashKeysModel Compile(IEnumerable<HashKey> keys)
    {
        ImmutableArray<Key> compiled = [.. keys.Where(k => k.SourceCase is not HashKey.SourceOneofCase.None).Select(k => new Key(k))];
        return compiled.IsEmpty ? None : new HashKeysModel(compiled);
    }

    /// <summary>
    /// Hashes every key that the request has, in order. False when it has none: the balancer picks at random then.
    /// <paramref name="make"/> is a cookie to set in the response with <see cref="WriteCookieValue"/> of the hash as its value: the request came
    /// without it, and <paramref name="random"/> became the hash, so that it sticks from now on.
    /// </summary>
    public bool TryHash<T>(in T facts, IpValue source, ulong random, out ulong hash, out CookieModel? make)
        where T : IRequestFacts, allows ref struct
    {
        hash = 0;
        make = null;
        bool any = false;
        ref T request = ref System.Runtime.CompilerServices.Unsafe.AsRef(in facts);
        foreach (var key in _keys)
        {
            if (key.TryHash(ref request, source, random, out ulong part, out bool made))
            {
                // As Envoy combines them, so that the order of keys matters.
                hash = any ? BitOperations.RotateLeft(hash, 1) ^ part : part;
                make = made ? key.Cookie : make;
                any = true;
            }
        }

        return any;
    }

    /// <summary>As the keys are written in annotations: "claim:sub, source". For people.</summary>
    public override string ToString() => string.Join(", ", _keys);

    /// <summary>Sixteen hexadecimal digits: the value of a cookie made for <paramref name="random"/>.</summary>
    public static void WriteCookieValue(ulong random, Span<byte> sixteen) => random.TryFormat(sixteen, out _, "x16");

    private sealed class Key(HashKey key)
    {
        private readonly Utf8Text _name = new(
            key.SourceCase switch
            {
                HashKey.SourceOneofCase.Header => key.Header.ToLowerInvariant(),
                HashKey.SourceOneofCase.Query => key.Query,
                HashKey.SourceOneofCase.Claim => key.Claim,
                _ => string.Empty,
            });

        public CookieModel? Cookie { get; } = key.Cookie is null ? null : new CookieModel(key.Cookie);

        public override string ToString() => key.SourceCase switch
        {
            HashKey.SourceOneofCase.SourceAddress => "source",
            HashKey.SourceOneofCase.Cookie => $"cookie:{key.Cookie.Name}",
            _ => $"{key.SourceCase.ToString().ToLowerInvariant()}:{_name.Text}",
        };

        public bool TryHash<T>(ref T facts, IpValue source, ulong random, out ulong hash, out bool made)
            where T : IRequestFacts, allows ref struct
        {
            made = false;
            hash = 0;
            ReadOnlySpan<byte> value;
            if (Cookie is not null)
            {
                bool found = facts.TryGetHeader("cookie"u8, out var header) & CookieHeader.TryGet(header, Cookie.Name.Span, out value);
                return found ? Hash(value, out hash) : Make(random, out hash, out made);
            }

            if (key.SourceCase is HashKey.SourceOneofCase.SourceAddress)
            {
                Span<byte> address = stackalloc byte[16];
                source.Write(address);
                return source.IsKnown && Hash(address, out hash);
            }

            if (key.SourceCase is HashKey.SourceOneofCase.Claim)
            {
                return HashClaim(ref facts, out hash);
            }

            return (key.SourceCase is HashKey.SourceOneofCase.Header
                ? facts.TryGetHeader(_name.Span, out value)
                : QueryString.TryGet(facts.Query, _name.Span, out value)) && Hash(value, out hash);
        }

        /// <summary>All values of a list, in their order: who has the same list stays together.</summary>
        private bool HashClaim<T>(ref T facts, out ulong hash)
            where T : IRequestFacts, allows ref struct
        {
            hash = 0;
            int count = 0;
            for (; facts.TryGetClaim(_name.Span, count, out var value); count++)
            {
                hash = count == 0 ? XxHash64.Hash(value) : BitOperations.RotateLeft(hash, 1) ^ XxHash64.Hash(value);
            }

            return count > 0;
        }

        private bool Make(ulong random, out ulong hash, out bool made)
        {
            made = Cookie is { Ttl: not null };
            Span<byte> value = stackalloc byte[16];
            WriteCookieValue(random, value);
            Hash(value, out hash); // as the next request's cookie will hash
            return made;
        }

        private static bool Hash(ReadOnlySpan<byte> value, out ulong hash)
        {
            hash = XxHash64.Hash(value);
            return true;
        }
    }
}

/// <summary>Session persistence (GEP-1619): the carrier holds the name of the endpoint that a session began with.</summary>
public sealed class SessionModel
{
    private SessionModel(SessionPersistence session)
    {
        Cookie = session.Cookie is null ? null : new CookieModel(session.Cookie);
        Header = Utf8Text.OrNull(session.Header.ToLowerInvariant());
        Strict = session.Strict;
    }

    public CookieModel? Cookie { get; }

    public Utf8Text? Header { get; }

    /// <summary>True: a session whose endpoint is gone is refused instead of moved.</summary>
    public bool Strict { get; }

    public bool TryRead<T>(in T facts, out ReadOnlySpan<byte> value)
        where T : IRequestFacts, allows ref struct
    {
        ref T request = ref System.Runtime.CompilerServices.Unsafe.AsRef(in facts);
        value = default;
        if (Cookie is null)
        {
            return Header is not null && request.TryGetHeader(Header.Span, out value);
        }

        return request.TryGetHeader("cookie"u8, out var header) && CookieHeader.TryGet(header, Cookie.Name.Span, out value);
    }

    internal static SessionModel? Compile(SessionPersistence? session) =>
        session is null || session.CarrierCase is SessionPersistence.CarrierOneofCase.None ? null : new SessionModel(session);
}
