using System.Threading.Channels;
using Weft.ControlPlane.Distribute;

namespace Weft.ControlPlane.Workloads;

/// <summary>"Something changed since you looked", for one loop that compares everything each time.</summary>
internal sealed class ChangeSignal : IDisposable
{
    private readonly Channel<bool> _signal = Channel.CreateBounded<bool>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite, SingleReader = true });
    private readonly IDisposable _registration;

    public ChangeSignal(MeshFeed feed) => _registration = feed.Listen(() => _signal.Writer.TryWrite(true));

    /// <summary>True after the next change; throws when cancelled.</summary>
    public async ValueTask<bool> WaitAsync(CancellationToken ct) => await _signal.Reader.ReadAsync(ct);

    public void Dispose() => _registration.Dispose();
}
