using Weft.Dialects.Fields;
using Weft.Model.V1;
using Duration = Google.Protobuf.WellKnownTypes.Duration;

namespace Weft.Dialects.Istio;

internal static class CorsReader
{
    public static CorsPolicy? Read(Field cors)
    {
        if (!cors.Exists)
        {
            return null;
        }
        CorsPolicy policy = new()
        {
            AllowCredentials = cors["allowCredentials"].IsTrue,
            ForwardUnmatchedPreflights = cors["unmatchedPreflights"].Text != "IGNORE",
            MaxAge = cors["maxAge"].Duration is { } age ? Duration.FromTimeSpan(age) : null,
        };
        policy.AllowOrigins.AddRange(cors["allowOrigins"].Items.Select(HttpMatches.Condition));
        policy.AllowOrigins.AddRange(cors["allowOrigin"].Texts.Select(Origin)); // the field before allowOrigins
        policy.AllowMethods.AddRange(cors["allowMethods"].Texts);
        policy.AllowHeaders.AddRange(cors["allowHeaders"].Texts);
        policy.ExposeHeaders.AddRange(cors["exposeHeaders"].Texts);
        return policy;
    }

    private static StringMatch Origin(string origin) => origin == "*" ? new StringMatch { Present = true } : new StringMatch { Exact = origin };
}
