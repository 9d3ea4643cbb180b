using System.Globalization;
using System.Text;
using Weft.Bench.Measure;

namespace Weft.Bench.Report;

/// <summary>One line for each scenario and peer: where Weft's CPU time stands in relation to the peer's, with the spread of its pairs.</summary>
internal static class RatioPicture
{
    private const int Left = 250;
    private const int Wide = 420;
    private const int RowHigh = 20;
    private const int Top = 34;
    private const double RatioMax = 2;

    public static string Draw(IReadOnlyList<Ratio> ratios)
    {
        int high = Top + (ratios.Count * RowHigh) + 10;
        var svg = new StringBuilder();
        svg.Append(CultureInfo.InvariantCulture, $"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{Left + Wide + 60}\" height=\"{high}\" font-family=\"sans-serif\" font-size=\"12\">\n");
        svg.Append("<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n");
        foreach (double at in (double[])[0, 0.5, 1, 1.5, 2])
        {
            svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{X(at)}\" y1=\"{Top - 8}\" x2=\"{X(at)}\" y2=\"{high - 6}\" stroke=\"{(at == 1 ? "#555" : "#ddd")}\"/>");
            svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(at)}\" y=\"{Top - 14}\" text-anchor=\"middle\" fill=\"#555\">{at:0.#} ×</text>\n");
        }

        for (int i = 0; i < ratios.Count; i++)
        {
            Row(svg, ratios[i], Top + (i * RowHigh) + (RowHigh / 2));
        }

        return svg.Append("</svg>\n").ToString();
    }

    private static void Row(StringBuilder svg, Ratio ratio, int y)
    {
        string colour = ratio.Median <= 1 ? "#1a7f37" : "#b35900";
        string rate = ratio.Rate == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" {ratio.Rate}/s");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{Left - 10}\" y=\"{y + 4}\" text-anchor=\"end\">{ratio.Scenario}{rate} / {ratio.B}</text>");
        svg.Append(CultureInfo.InvariantCulture, $"<line x1=\"{X(ratio.Low)}\" y1=\"{y}\" x2=\"{X(ratio.High)}\" y2=\"{y}\" stroke=\"{colour}\" stroke-opacity=\"0.5\" stroke-width=\"3\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<circle cx=\"{X(ratio.Median)}\" cy=\"{y}\" r=\"5\" fill=\"{colour}\"/>");
        svg.Append(CultureInfo.InvariantCulture, $"<text x=\"{X(ratio.High, 10)}\" y=\"{y + 4}\" fill=\"{colour}\">{ratio.Median:F2}</text>\n");
    }

    private static string X(double ratio, int beside = 0) => (Left + beside + (Math.Min(ratio, RatioMax) / RatioMax * Wide)).ToString("F0", CultureInfo.InvariantCulture);
}
