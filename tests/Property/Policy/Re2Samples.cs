using System.Text;

namespace Weft.Property.Policy;

/// <summary>Patterns of every construct of RE2's syntax, texts to try them on, and random ones.</summary>
internal static class Re2Samples
{
    private static readonly string[] Pieces =
    [
        "a", "b", "ab", "k", "S", "é", "ß", "_", "0", "-", "/", ".", "^", "$", "\\b", "\\B", "\\A", "\\z", "[a-c]", "[^a]", "[[:alpha:]]", "[[:^digit:]]", "\\d", "\\W", "\\s",
        "\\pL", "\\p{Greek}", "\\PN", "(?i)", "(?s)", "(?m)", "(?U)", "(?-i)", "(?i:a)", "(?s-i:.)", "*", "+", "?", "*?", "+?", "{2}", "{0,2}", "{1,}", "{2,3}?", "|", "(", ")", "(?:", "(?P<n>",
        "[", "]", "{", "}", "\\", "\\x41", "\\x{e9}", "\\n", "\\Qa.b\\E", "\\C", "\\1", "(?=", "[]a]", "[a-", "[b-a]", "\\.", "\\-", "é*", "[α-ω]", "(?i)σ", "\\077", "\n",
    ];

    private static readonly string[] TextPieces = ["a", "b", "A", "k", "\u212A", "s", "ſ", "é", "É", "ß", "σ", "ς", "Σ", "0", "9", "_", "-", " ", "\n", "\t", "\v", "/", ".", "日", "😀", "]", "{2}", "\\"];

    public static string[] Patterns { get; } =
    [
        "", "a", "abc", "a|b", "a|", "|a", "ab|cd", "(a|b)c", "(a)(b)", "a*", "a+", "a?", "a*?", "a+?", "a??", "a{2}", "a{2,}", "a{2,4}", "a{0}", "a{0,1}", "a{,2}", "a{", "a{2", "a{2,", "a{x}", "a{1001}",
        "a{1000}", "a{4,2}", "(a{100}){100}", "(a{10}){10}", "((a{10}){10}){10}", "((a{10}){10}){11}", "a**", "a*+", "a+*", "a?{2}", "(a*)*", "(a+)+", "(a*)+", "(a|b*)*", "(|a)*", "(|a)+", "*", "+a", "?", "(*a)", "a|*",
        "^", "$", "^a$", "a^b", "a$b", "^*", "$*a", "(^a|b)$", "(?m)^a$", "(?m)a$\\n^b", "(?s).", ".", ".*", "(?s).*", "a.b", "(?s)a.b", "\\C", "\\C*", "\\A", "\\Aa\\z", "\\Z", "\\z", "\\b", "\\ba\\b", "a\\b", "a\\Bb", "\\B", "\\b\\b", ".*\\bfoo\\b.*",
        "[a]", "[abc]", "[a-c]", "[^a]", "[^a-z]", "[]", "[]a]", "[^]a]", "[a", "[a-", "[a-]", "[-a]", "[a-c-e]", "[--a]", "[c-a]", "[\\d]", "[\\d-z]", "[a-\\d]", "[\\W]", "[^\\W]", "[\\]]", "[\\-a]", "[\\n]", "[\\b]", "[a\\Q]]", "[[]", "[[a]", "[[:a]", "[^\\n]",
        "[[:alpha:]]", "[[:^alpha:]]", "[[:alnum:]]+", "[[:ascii:]]", "[[:blank:]]", "[[:cntrl:]]", "[[:digit:]]", "[[:graph:]]", "[[:lower:]]", "[[:print:]]", "[[:punct:]]", "[[:space:]]", "[[:upper:]]", "[[:word:]]", "[[:xdigit:]]", "[[:foo:]]", "[[:alpha:]",
        "[^[:alpha:]]", "[[:alpha:][:digit:]]", "[:alpha:]", "(?i)[[:lower:]]", "(?i)[[:upper:]]", "(?i)[^[:lower:]]", "\\d", "\\D", "\\s", "\\S", "\\w", "\\W", "\\d+\\.\\d*", "(?i)\\w", "(?i)\\W",
        "\\pN", "\\pL", "\\PL", "\\p{L}", "\\p{Lu}", "\\p{Ll}", "\\p{^Lu}", "\\P{^Lu}", "\\p{Greek}", "\\p{Han}", "\\p{Cyrillic}", "\\p{Latin}", "\\p{Any}", "\\p{Foo}", "\\p", "\\p{", "\\pX", "(?i)\\p{Lu}", "[\\p{Greek}\\d]", "[^\\pL]", "\\p{Nd}", "\\p{Zs}", "\\p{Sm}", "\\pC", "\\pS", "\\p{Cn}",
        "(?i)a", "(?i)abc", "(?i)k", "(?i)s", "(?i)ß", "(?i)é", "(?i)σ", "(?i)ς", "(?i)[a-z]", "(?i)[k]", "(?i)[^k]", "(?i)Ω", "(?i)µ", "(?-i)a", "(?i)a(?-i)b", "(?i:a)b", "((?i)a)b", "a(?i)b|c", "(?is).", "(?i-s)a.", "(?x)a", "(?i", "(?", "(?)", "(?-)", "(?i-)", "(?U)a+", "(?U)a+?", "(?ii)a", "(?i)*", "a(?i)*", "a*(?i)*",
        "(?P<n>a)", "(?P<n>a)(?P<m>b)", "(?P<n>a)(?P<n>b)", "(?P<>a)", "(?P<n", "(?P<n-m>a)", "(?P=n)", "(?:a)", "(?:a|b)*", "(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "(?>a)", "(?#c)", "()", "(())", "(", ")", "a)", "(a", "((a)",
        "\\Qa.b\\E", "\\Qab", "\\Q\\E", "\\Qa\\E*", "a\\Q\\E*", "\\E", "\\a", "\\f", "\\n", "\\r", "\\t", "\\v", "\\x41", "\\x4", "\\x", "\\x{41}", "\\x{e9}", "\\x{1F600}", "\\x{110000}", "\\x{}", "\\x{4g}", "\\0", "\\07", "\\012", "\\101", "\\1", "\\12", "\\8", "\\.", "\\*", "\\_", "\\-", "\\/", "\\é", "\\q", "\\", "\\e", "\\G", "\\K", "\\R", "\\X", "\\h", "\\N",
        "é", "é+", "[é]", "[à-ü]", "日本", "[一-龯]+", "😀", "[😀-😂]", ".é", "/v[12]/.*", "/api/(v1|v2)/[^/]+", "^/users/[0-9]+$", "/.*\\.(png|jpg|gif)", "[a-z0-9]([-a-z0-9]*[a-z0-9])?", "^(.*?;)?(user=jason)(;.*)?$", ".*Chrome.*", "(a|ab)(c|bcd)(d*)", "(a*)(a|aa)", "x*", "(x?)*y",
        "a++", "a{2}{3}", "a{2}*", "a{2}?", "(a{0})*", "(?:){2}", "(|)*", "(?:a?)*?b", "(?:a*?)*b", "\\b*", "(\\b)*a", "[^\\x00-\\x{10FFFF}]", "a[^\\x00-\\x{10FFFF}]|b", "\\x80", "[\\x80-\\xff]", "{", "}", "{1}", "a{01}", "a{1,01}", "]", "-", "\n", "a\nb", "(?m)^$", "(?m)(^a$\\n?)*",
    ];

    public static string[] Texts { get; } =
    [
        "", "a", "b", "c", "A", "ab", "abc", "abcd", "aa", "aaa", "aaaa", "cd", "ac", "bc", "k", "K", "\u212A", "s", "ſ", "S", "ß", "ẞ", "é", "É", "σ", "ς", "Σ", "Ω", "\u2126", "µ", "μ", "0", "9", "12.5", "_", "-", "]", "[", "\\", "{", "}", "^", "$", ".", "*", "/",
        " ", "\t", "\n", "\v", "\f", "\r", "\a", "\0", "a\n", "\na", "a\nb", "a.b", "a\n\nb", "α", "日", "日本", "😀", "😁", "Ж", "x", "xy", "foo", "a foo b", "a{,2}", "a{", "a{2", "a{x}", "{1}", "/v1/x", "/v2/", "/api/v1/users", "/users/42", "/img/a.png", "user=jason", "x;user=jason;y",
        "q", "e", "Q", ":", "al", "z", "aé", "é\n", "²", "٣", "+", "=", "€", "\u00A0", "\u0085", "Aa", "aB", "AB", "n", "xxy", "bb", "aab", "a-b", "aa-9", ".Chrome.", "A1_", "\u0080", "ÿ", "\u0007",
    ];

    public static string RandomPattern(Random random) => Join(Pieces, random, 1 + random.Next(8));

    public static byte[] RandomText(Random random)
    {
        byte[] text = Encoding.UTF8.GetBytes(Join(TextPieces, random, random.Next(7)));
        if (text.Length > 0 && random.Next(8) == 0)
        {
            text[random.Next(text.Length)] = (byte)random.Next(256); // not always valid UTF-8
        }

        return text;
    }

    private static string Join(string[] pieces, Random random, int count) =>
        string.Concat(Enumerable.Range(0, count).Select(_ => pieces[random.Next(pieces.Length)]));
}
