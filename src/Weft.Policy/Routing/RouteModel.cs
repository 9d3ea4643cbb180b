using System.Collections.Immutable;
using Weft.Model.V1;

namespace Weft.Policy.Routing;

/// <summary>One compiled route. Exactly one of <see cref="Forward"/>, <see cref="Redirect"/> and <see cref="Direct"/> is set. Immutable.</summary>
public sealed class RouteModel
{
    internal RouteModel(Route route, int index, string field, ProblemSink problems)
    {
        problems.At(route.Origin);
        Index = index;
        Origin = route.Origin is null ? OriginModel.None : new OriginModel(route.Origin);
        Matches = route.Matches.Count == 0
            ? MatchModel.OnlyAny
            : [.. route.Matches.Select((m, i) => new MatchModel(m, $"{field}.matches[{i}]", problems))];
        RequestHeaders = HeaderEditsModel.Compile(route.RequestHeaders);
        ResponseHeaders = HeaderEditsModel.Compile(route.ResponseHeaders);
        Fault = FaultModel.Compile(route.Fault);
        Cors = CorsModel.Compile(route.Cors, $"{field}.cors", problems);
        switch (route.ActionCase)
        {
            case Route.ActionOneofCase.Redirect:
                Redirect = new RedirectModel(route.Redirect);
                break;
            case Route.ActionOneofCase.Direct:
                Direct = new DirectResponseModel(route.Direct);
                break;
            default:
                Forward = new ForwardModel(route.Forward ?? new Forward(), $"{field}.forward", problems);
                break;
        }
    }

    /// <summary>Its place in its virtual host.</summary>
    public int Index { get; }

    public OriginModel Origin { get; }

    public ImmutableArray<MatchModel> Matches { get; }

    public ForwardModel? Forward { get; }

    public RedirectModel? Redirect { get; }

    public DirectResponseModel? Direct { get; }

    public HeaderEditsModel RequestHeaders { get; }

    public HeaderEditsModel ResponseHeaders { get; }

    public FaultModel? Fault { get; }

    public CorsModel? Cors { get; }
}

/// <summary>An answer that the proxy gives itself.</summary>
public sealed class DirectResponseModel
{
    internal DirectResponseModel(DirectResponse direct)
    {
        Status = direct.Status == 0 ? 200 : (int)direct.Status;
        Body = direct.Body.ToByteArray();
        ContentType = new Utf8Text(direct.ContentType.Length == 0 ? "text/plain" : direct.ContentType);
    }

    public int Status { get; }

    public ReadOnlyMemory<byte> Body { get; }

    public Utf8Text ContentType { get; }
}
