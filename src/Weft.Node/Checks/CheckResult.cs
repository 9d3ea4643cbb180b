namespace Weft.Node.Checks;

public enum CheckOutcome
{
    Ok,

    /// <summary>Weft works without it; something named does not.</summary>
    Warning,

    Failed,
}

/// <summary>One thing that can be wrong with an installation, tried.</summary>
public sealed record CheckResult(string Name, CheckOutcome Outcome, string Detail, string Cure = "")
{
    public static CheckResult Ok(string name, string detail) => new(name, CheckOutcome.Ok, detail);
}
