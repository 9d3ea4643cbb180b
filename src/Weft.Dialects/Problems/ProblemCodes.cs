namespace Weft.Dialects.Problems;

/// <summary>Weft's own codes. Never reused; each is described in <see cref="ProblemCatalogue"/>.</summary>
public static class ProblemCodes
{
    public const string Unreadable = "WEFT0001";
    public const string Syntax = "WEFT0002";
    public const string Limit = "WEFT0003";
    public const string NotAResource = "WEFT0004";
    public const string UnknownKind = "WEFT0005";
    public const string WrittenTwice = "WEFT0006";
    public const string UnknownField = "WEFT0101";
    public const string WrongValue = "WEFT0102";
    public const string UnsupportedKind = "WEFT0201";
    public const string UnsupportedField = "WEFT0202";
    public const string ParentNotFound = "WEFT0301";
    public const string BackendNotFound = "WEFT0302";
    public const string ReferenceNotPermitted = "WEFT0303";
    public const string InvalidBackendKind = "WEFT0304";
    public const string NotAttached = "WEFT0305";
    public const string ClassUnknown = "WEFT0306";
    public const string RuleShadowed = "WEFT0307";
    public const string WeightsUneven = "WEFT0308";
    public const string TargetNotFound = "WEFT0309";
    public const string Conflicted = "WEFT0401";
    public const string TargetTaken = "WEFT0402";
    public const string KeysNotFetched = "WEFT0501";
}
