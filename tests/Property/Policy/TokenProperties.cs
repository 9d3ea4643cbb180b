using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using CsCheck;
using Weft.Model.V1;
using Weft.Policy.Tokens;

namespace Weft.Property.Policy;

/// <summary>What nobody signed is never taken, and what was signed is taken exactly within its time.</summary>
public sealed class TokenProperties
{
    private const long Now = 2_000_000_000;
    private const long Skew = 60;

    // Made once: making one takes longer than everything else here.
    private static readonly RSA s_rsa = RSA.Create(2048);
    private static readonly RSA s_other = RSA.Create(2048);
    private static readonly ECDsa s_ec = ECDsa.Create(ECCurve.NamedCurves.nistP256);
    private static readonly JwtRule s_rule = Rule(Keys());

    [Fact]
    public void SignedPart_ChangedAnywhere_IsRefused()
    {
        byte[] token = Sign("""{"alg":"RS256","kid":"r"}""", """{"iss":"i","sub":"s"}""");
        int signed = Array.LastIndexOf(token, (byte)'.');
        Assert.Equal(JwtResult.Valid, Verify(token));
        Gen.Select(Gen.Int[0, signed - 1], Gen.Byte).Where((at, value) => token[at] != value).Sample((at, value) =>
        {
            byte[] changed = [.. token];
            changed[at] = value;
            return Verify(changed) is JwtResult.Invalid;
        }, iter: 2_000, threads: 1);
    }

    [Fact]
    public void SignedPart_CutOrLengthened_IsRefused()
    {
        byte[] token = Sign("""{"alg":"RS256","kid":"r"}""", """{"iss":"i","sub":"s"}""");
        Gen.Select(Gen.Int[0, token.Length - 1], Gen.Byte.Array[0, 4]).Sample((at, more) => Verify([.. token.AsSpan(0, at), .. more]) is JwtResult.Invalid, iter: 2_000, threads: 1);
    }

    /// <summary>Header of the token; whether it is taken. The signature is good for RS256 by the key "r".</summary>
    [Theory]
    [InlineData("""{"alg":"RS256","kid":"r"}""", true)]
    [InlineData("""{"alg":"RS256"}""", true)]
    [InlineData("""{"alg":"RS256","kid":"e"}""", false)]                 // another key's name
    [InlineData("""{"alg":"RS256","kid":"nobody"}""", false)]
    [InlineData("""{"alg":"none","kid":"r"}""", false)]
    [InlineData("""{"alg":"None"}""", false)]
    [InlineData("""{"alg":"nOnE"}""", false)]
    [InlineData("""{"kid":"r"}""", false)]
    [InlineData("""{"alg":"HS256","kid":"r"}""", false)]
    [InlineData("""{"alg":"rs256","kid":"r"}""", false)]
    [InlineData("""{"alg":"RS512","kid":"r"}""", false)]
    [InlineData("""{"alg":"PS256","kid":"r"}""", false)]
    [InlineData("""{"alg":"ES256","kid":"r"}""", false)]
    [InlineData("""{"alg":["RS256"],"kid":"r"}""", false)]
    [InlineData("""{"alg":"RS256","alg":"none","kid":"r"}""", false)]    // twice could be read in two ways
    [InlineData("""{"alg":"none","alg":"RS256","kid":"r"}""", false)]
    [InlineData("""{"alg":"RS256","kid":"r","crit":["exp"]}""", false)]
    [InlineData("""{"alg":"RS256","kid":"r","b":"\ud800"}""", true)]     // nobody reads it
    [InlineData("""{"alg":"RS256","kid":"\ud800"}""", false)]
    public void Header_OfEachKind_IsJudged(string header, bool valid) =>
        Assert.Equal(valid ? JwtResult.Valid : JwtResult.Invalid, Verify(Sign(header, """{"iss":"i"}""")));

    [Fact]
    public void SharedSecret_MadeOfThePublicKey_IsRefused()
    {
        string signed = Signed("""{"alg":"HS256","kid":"r"}""", """{"iss":"i"}""");
        foreach (byte[] secret in (byte[][])[Encoding.ASCII.GetBytes(Keys()), Encoding.ASCII.GetBytes(s_rsa.ExportSubjectPublicKeyInfoPem()), s_rsa.ExportSubjectPublicKeyInfo(), []])
        {
            Assert.Equal(JwtResult.Invalid, Verify(Token(signed, HMACSHA256.HashData(secret, Encoding.ASCII.GetBytes(signed)))));
        }
    }

    [Fact]
    public void KeyOfAnotherIssuer_IsRefused()
    {
        string signed = Signed("""{"alg":"RS256","kid":"r"}""", """{"iss":"i"}""");
        Assert.Equal(JwtResult.Invalid, Verify(Token(signed, s_other.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1))));
    }

    /// <summary>Keys that say what they are for.</summary>
    [Theory]
    [InlineData("\"use\":\"sig\"", true)]
    [InlineData("\"use\":\"enc\"", false)]
    [InlineData("\"alg\":\"RS256\"", true)]
    [InlineData("\"alg\":\"PS256\"", false)]
    public void Key_WithAPurpose_IsUsedForNoOther(string member, bool valid) =>
        Assert.Equal(valid ? JwtResult.Valid : JwtResult.Invalid, Rule(Keys().Replace("\"kid\":\"r\"", $"\"kid\":\"r\",{member}", StringComparison.Ordinal)).Verify(Sign("""{"alg":"RS256"}""", """{"iss":"i"}"""), Now, out _));

    /// <summary>The payload's times around now; whether it is taken.</summary>
    [Theory]
    [InlineData("\"exp\":1999999940", true)]
    [InlineData("\"exp\":1999999939", false)]
    [InlineData("\"exp\":1999999940.9", true)]
    [InlineData("\"nbf\":2000000060", true)]
    [InlineData("\"nbf\":2000000061", false)]
    [InlineData("\"exp\":1e400", true)]
    [InlineData("\"exp\":99999999999999999999999999", true)]
    [InlineData("\"exp\":-99999999999999999999999999", false)]
    [InlineData("\"exp\":-1e400", false)]
    [InlineData("\"nbf\":1e400", false)]
    [InlineData("\"exp\":\"4000000000\"", false)]                        // RFC 7519 §2: a number, or the token is broken
    [InlineData("\"exp\":null", false)]
    [InlineData("\"exp\":4000000000,\"exp\":1", false)]
    [InlineData("\"x\":1", true)]
    public void Times_OfEachKind_AreJudged(string member, bool valid) =>
        Assert.Equal(valid ? JwtResult.Valid : JwtResult.Invalid, Verify(Sign("""{"alg":"RS256"}""", $$"""{"iss":"i",{{member}}}""")));

    [Fact]
    public void Times_Whatever_AreTakenExactlyWithinTheSkew() => Gen.Select(Gen.Long[Now - 200, Now + 200], Gen.Long[Now - 200, Now + 200]).Sample((expires, begins) =>
        Verify(Sign("""{"alg":"RS256"}""", $$"""{"iss":"i","exp":{{expires}},"nbf":{{begins}}}""")) is JwtResult.Valid == (Now <= expires + Skew && Now >= begins - Skew), iter: 200, threads: 1);

    /// <summary>The payload's audience, for a rule that asks for "shop".</summary>
    [Theory]
    [InlineData("\"aud\":\"shop\"", JwtResult.Valid)]
    [InlineData("\"aud\":[\"a\",\"shop\"]", JwtResult.Valid)]
    [InlineData("\"aud\":[[\"shop\"]]", JwtResult.Valid)]
    [InlineData("\"aud\":\"shopping\"", JwtResult.WrongAudience)]
    [InlineData("\"aud\":\"a shop\"", JwtResult.WrongAudience)]
    [InlineData("\"aud\":[]", JwtResult.WrongAudience)]
    [InlineData("\"aud\":{\"x\":\"shop\"}", JwtResult.WrongAudience)]
    [InlineData("\"aud\":null", JwtResult.WrongAudience)]
    [InlineData("\"x\":1", JwtResult.WrongAudience)]
    internal void Audience_OfEachForm_IsJudged(string member, JwtResult expected)
    {
        JwtRule rule = JwtTable.Compile("w", [new JwtIssuer { Issuer = "i", Jwks = Keys(), Audiences = { "shop" } }]).Rules[0];
        Assert.Equal(expected, rule.Verify(Sign("""{"alg":"RS256"}""", $$"""{"iss":"i",{{member}}}"""), Now, out _));
    }

    [Theory]
    [InlineData(8, true)]
    [InlineData(30, true)]
    [InlineData(40, false)]
    [InlineData(5_000, false)]
    public void Payload_NestedDeep_IsRefusedFromALimitOn(int depth, bool valid) =>
        Assert.Equal(valid ? JwtResult.Valid : JwtResult.Invalid, Verify(Sign("""{"alg":"RS256"}""", $$"""{"iss":"i","x":{{new string('[', depth)}}{{new string(']', depth)}}}""")));

    /// <summary>Keys that are no set: every token is refused, and nothing is thrown.</summary>
    [Theory]
    [InlineData("")]
    [InlineData("[]")]
    [InlineData("null")]
    [InlineData("{\"keys\":{}}")]
    [InlineData("{\"keys\":[\"\\ud800\",{\"kty\":\"\\ud800\"}]}")]
    [InlineData("{\"keys\":[{\"kty\":\"RSA\",\"n\":\"AQAB\",\"e\":\"AQAB\"}]}")]
    public void Keys_ThatAreNone_RefuseEveryToken(string jwks) =>
        Assert.Equal(JwtResult.Invalid, Rule(jwks).Verify(Sign("""{"alg":"RS256"}""", """{"iss":"i"}"""), Now, out _));

    private static JwtRule Rule(string jwks) => JwtTable.Compile("w", [new JwtIssuer { Issuer = "i", Jwks = jwks }]).Rules[0];

    private static JwtResult Verify(byte[] token) => s_rule.Verify(token, Now, out _);

    private static byte[] Sign(string header, string payload)
    {
        string signed = Signed(header, payload);
        return Token(signed, s_rsa.SignData(Encoding.ASCII.GetBytes(signed), HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1));
    }

    private static string Signed(string header, string payload) => $"{Base64(Encoding.UTF8.GetBytes(header))}.{Base64(Encoding.UTF8.GetBytes(payload))}";

    private static byte[] Token(string signed, byte[] signature) => Encoding.ASCII.GetBytes($"{signed}.{Base64(signature)}");

    private static string Base64(byte[] bytes) => Base64Url.EncodeToString(bytes);

    private static string Keys()
    {
        RSAParameters rsa = s_rsa.ExportParameters(false);
        ECParameters ec = s_ec.ExportParameters(false);
        return $$"""{"keys":[{"kty":"RSA","kid":"r","n":"{{Base64(rsa.Modulus!)}}","e":"{{Base64(rsa.Exponent!)}}"},{"kty":"EC","kid":"e","crv":"P-256","x":"{{Base64(ec.Q.X!)}}","y":"{{Base64(ec.Q.Y!)}}"}]}""";
    }
}
