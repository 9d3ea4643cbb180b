using Weft.Unit.Shape;

namespace Weft.Unit.Compile;

/// <summary>Istio's sample application, which is data beside the repository and not part of it.</summary>
internal static class BookinfoData
{
    public static string Root()
    {
        string[] places = [Environment.GetEnvironmentVariable("WEFT_TESTDATA") ?? "", Path.Combine(RepositoryRoot.Path, "..", "shared", "testdata"), Path.Combine(RepositoryRoot.Path, "..", "..", "shared", "testdata")];
        string? found = places.Where(p => p.Length > 0).Select(p => Path.GetFullPath(Path.Combine(p, "istio", "bookinfo"))).FirstOrDefault(Directory.Exists);
        Assert.SkipWhen(found is null, "The test data ../shared/testdata is not here; set WEFT_TESTDATA.");
        return found!;
    }
}
