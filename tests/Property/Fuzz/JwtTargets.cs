using System.Text;
using System.Text.Json;
using Weft.Model.V1;
using Weft.Policy;
using Weft.Policy.Tokens;

namespace Weft.Property.Fuzz;

/// <summary>Tokens, their claims and the keys that check them. The keys and tokens are those of RFC 7515, appendices A.2 and A.3.</summary>
public static class JwtTargets
{
    public const string KeySet = """
        {"keys":[{"kty":"RSA","kid":"r","alg":"RS256","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ","e":"AQAB"},
                 {"kty":"EC","kid":"e","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]}
        """;

    private const string Payload = "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

    /// <summary>Before the tokens of the RFC expire.</summary>
    private const long Then = 1_300_819_000;

    private static readonly JwtRule s_rule = JwtTable.Compile("fuzz", [new JwtIssuer { Issuer = "joe", Jwks = KeySet }]).Rules[0];

    public static byte[][] Tokens =>
    [
        Text($"eyJhbGciOiJSUzI1NiJ9.{Payload}.cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-eOkHWEsqtFZESc6BfI7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"),
        Text($"eyJhbGciOiJFUzI1NiJ9.{Payload}.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"),
        Text($"eyJhbGciOiJub25lIn0.{Payload}."),
    ];

    /// <summary>Nothing but the RFC's own tokens is ever valid: their payload is the only one that was signed.</summary>
    public static void Token(byte[] input)
    {
        if (s_rule.Verify(input, Then, out JwtClaims? claims) is JwtResult.Valid)
        {
            Assert.Equal(Payload, Encoding.UTF8.GetString(claims!.Encoded.Span));
        }
    }

    /// <summary>What comes behind the signature.</summary>
    public static void Claims(byte[] input)
    {
        JsonDocument? payload;
        try
        {
            payload = JsonDocument.Parse(input);
        }
        catch (JsonException)
        {
            return;
        }

        using (payload)
        {
            try
            {
                if (payload.RootElement.ValueKind is JsonValueKind.Object)
                {
                    Assert.NotNull(new JwtClaims(payload.RootElement, input).Principal.Text);
                }
            }
            catch (Exception e) when (e is FormatException or InvalidOperationException)
            {
                // Documented: a broken time, or half a surrogate pair. The rule refuses the token.
            }
        }
    }

    public static void Keys(byte[] input) =>
        _ = JwtTable.Compile("fuzz", [new JwtIssuer { Issuer = "joe", Jwks = Encoding.UTF8.GetString(input) }]).Rules[0].Verify(Tokens[1], Then, out _);

    private static byte[] Text(string token) => Encoding.ASCII.GetBytes(token);
}
