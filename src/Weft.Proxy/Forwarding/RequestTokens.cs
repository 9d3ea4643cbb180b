using Weft.Policy;
using Weft.Policy.Tokens;
using Weft.Primitives;
using Weft.Wire.Http1;

namespace Weft.Proxy.Forwarding;

/// <summary>Tokens of requests: checked before policies ask for principals and claims, and shown to the application as the rules say.</summary>
internal static class RequestTokens
{
    private static readonly byte[] Body = "unauthenticated: The request's token is not valid for this workload.\n"u8.ToArray();
    private static readonly byte[] AudienceBody = "unauthenticated: Audiences in Jwt are not allowed.\n"u8.ToArray();

    /// <summary>False: the request has been answered.</summary>
    internal static bool Admits(Exchange x, JwtTable table)
    {
        JwtDecision decision = table.Decide(x.Facts, x.Loop.NowUnixMicros / 1_000_000);
        x.Token = decision.Claims;
        x.TokenRule = decision.Rule;
        if (decision.Allowed)
        {
            return true;
        }

        x.Fault = Fault.Unauthenticated;
        if (x.IsGrpc)
        {
            LocalAnswer.WriteGrpc(x, decision.Status == 403 ? GrpcCode.PermissionDenied : GrpcCode.Unauthenticated, Body.AsSpan()[..^1]);
            return false;
        }

        x.Lines.Clear();
        if (decision.Status == 401)
        {
            x.Lines.Field("www-authenticate"u8, "Bearer error=\"invalid_token\""u8); // RFC 6750 §3
        }

        LocalAnswer.WriteWithLines(x, decision.Status, decision.Status == 401 ? Body : AudienceBody, "text/plain"u8);
        return false;
    }

    /// <summary>After the request's own changes began: what the application learns of the token, and only from us.</summary>
    internal static void Write(Exchange x, JwtTable table)
    {
        HeaderTable fields = x.Client.Request.Fields;
        ReadOnlySpan<byte> head = x.Client.Head;
        foreach (JwtRule rule in table.Rules)
        {
            bool isOwner = ReferenceEquals(rule, x.TokenRule);
            if (rule.PayloadHeader is { } payload)
            {
                fields.Drop(payload.Span, head);
                if (isOwner && x.Token is { } token)
                {
                    x.Lines.Field(payload.Span, token.Encoded.Span);
                }
            }

            foreach (var claim in rule.ClaimHeaders)
            {
                fields.Drop(claim.Name.Span, head);
                if (isOwner && x.Token is { } token && token.TryGet(claim.Value.Span, 0, out ReadOnlySpan<byte> value))
                {
                    x.Lines.Field(claim.Name.Span, value);
                }
            }

            if (isOwner && !rule.Forwards)
            {
                foreach (Utf8Text name in rule.HeaderNames)
                {
                    fields.Drop(name.Span, head);
                }
            }
        }
    }
}
