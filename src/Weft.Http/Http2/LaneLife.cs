namespace Weft.Http.Http2;

/// <summary>How the connections of one key are kept.</summary>
/// <param name="IdleMs">Without a stream for so long, one is closed.</param>
/// <param name="LifeMs">Once it is that old, one takes no new stream; 0: however old it is.</param>
/// <param name="Limits">Null: the pool's own.</param>
public readonly record struct LaneLife(long IdleMs, long LifeMs = 0, Http2Limits? Limits = null);
