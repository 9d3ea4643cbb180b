using System.Diagnostics.CodeAnalysis;

namespace Weft.Primitives;

/// <summary>A value, or the fault that kept it from being. The data plane returns, it does not throw.</summary>
public readonly struct Outcome<T>
    where T : notnull
{
    private readonly T? _value;

    private Outcome(T? value, Fault fault)
    {
        _value = value;
        Fault = fault;
    }

    public Fault Fault { get; }

    public bool TryGet([MaybeNullWhen(false)] out T value)
    {
        value = _value;
        return Fault is Fault.None;
    }

    public static implicit operator Outcome<T>(T value) => new(value, Fault.None);

    public static implicit operator Outcome<T>(Fault fault) => new(default, fault);
}
