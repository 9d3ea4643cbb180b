using System.Runtime.InteropServices;
using Weft.Transport.Tls;

namespace Weft.Transport;

/// <summary>Where one loop's TLS records are on their way through libssl: in from recv, out to send. Used by its loop only, and empty between two connections.</summary>
internal sealed unsafe class TlsScratch : IDisposable
{
    /// <summary>As much as a block has room for: what the input has no room for can wait in a pooled block.</summary>
    internal const int IncomingBytes = BlockPool.BlockRoomBytes;

    private const int OutgoingBytesFirst = 80 << 10;

    private State* _state;

    internal State* Current
    {
        get
        {
            if (_state is null)
            {
                _state = (State*)NativeMemory.AllocZeroed((nuint)sizeof(State));
                _state->Receive = (byte*)NativeMemory.Alloc(IncomingBytes);
                _state->Out = (byte*)NativeMemory.Alloc(OutgoingBytesFirst);
                _state->OutCapacity = OutgoingBytesFirst;
            }

            return _state;
        }
    }

    /// <summary>Room behind what is on its way out already. Valid until the next call.</summary>
    internal static byte* Reserve(State* scratch, int count)
    {
        if (scratch->OutCapacity - scratch->OutLength < count)
        {
            scratch->OutCapacity = Math.Max(scratch->OutCapacity * 2, scratch->OutLength + count);
            scratch->Out = (byte*)NativeMemory.Realloc(scratch->Out, (nuint)scratch->OutCapacity);
        }

        return scratch->Out + scratch->OutLength;
    }

    public void Dispose()
    {
        if (_state is not null)
        {
            NativeMemory.Free(_state->Receive);
            NativeMemory.Free(_state->Out);
            NativeMemory.Free(_state);
            _state = null;
        }
    }

    /// <summary>Read and written by the BIO's callbacks, which see no managed object.</summary>
    internal struct State
    {
        internal byte* Receive;
        internal byte* In;
        internal int InLength;
        internal byte* Out;
        internal int OutLength;
        internal int OutCapacity;

        /// <summary>A session that came with what is being read; 0: none.</summary>
        internal nint Session;

        /// <summary>Of the connection that libssl works for just now; null: its records need not be counted.</summary>
        internal TlsSecrets* Secrets;
    }
}
