using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Weft.Transport.Native;
using static Weft.Transport.Tls.SslConstants;

namespace Weft.Transport.Tls;

/// <summary>A BIO over the loop's scratch: libssl reads what recv brought and writes what one send will take, with no copy between.</summary>
internal static unsafe class TlsBio
{
    private static readonly nint Method = CreateMethod();

    internal static nint Create(TlsScratch.State* scratch)
    {
        nint bio = LibCrypto.BIO_new(Method);
        LibCrypto.BIO_set_data(bio, scratch);
        LibCrypto.BIO_set_init(bio, 1);
        return bio;
    }

    private static nint CreateMethod()
    {
        fixed (byte* name = "weft loop\0"u8)
        {
            nint method = LibCrypto.BIO_meth_new(LibCrypto.BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, name);
            _ = LibCrypto.BIO_meth_set_read(method, &Read);
            _ = LibCrypto.BIO_meth_set_write(method, &Write);
            _ = LibCrypto.BIO_meth_set_ctrl(method, &Control);
            return method;
        }
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Read(nint bio, byte* buffer, int room)
    {
        var scratch = (TlsScratch.State*)LibCrypto.BIO_get_data(bio);
        int count = Math.Min(room, scratch->InLength);
        if (count == 0)
        {
            LibCrypto.BIO_set_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
            return -1;
        }

        LibCrypto.BIO_clear_flags(bio, BIO_FLAGS_READ | BIO_FLAGS_SHOULD_RETRY);
        Buffer.MemoryCopy(scratch->In, buffer, room, count);
        if (scratch->Secrets is not null)
        {
            scratch->Secrets->Incoming.Feed(new ReadOnlySpan<byte>(scratch->In, count));
        }

        scratch->In += count;
        scratch->InLength -= count;
        return count;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static int Write(nint bio, byte* bytes, int count)
    {
        var scratch = (TlsScratch.State*)LibCrypto.BIO_get_data(bio);
        Buffer.MemoryCopy(bytes, TlsScratch.Reserve(scratch, count), count, count);
        if (scratch->Secrets is not null)
        {
            scratch->Secrets->Outgoing.Feed(new ReadOnlySpan<byte>(bytes, count));
        }

        scratch->OutLength += count;
        return count;
    }

    [UnmanagedCallersOnly(CallConvs = [typeof(CallConvCdecl)])]
    private static nint Control(nint bio, int command, nint number, void* pointer) => command == BIO_CTRL_FLUSH ? 1 : 0;
}
