using System.Buffers.Binary;
using System.Diagnostics;

namespace Weft.EndToEnd.Kit;

/// <summary>What crossed the loopback interface to or from some TCP ports, taken by tcpdump.</summary>
internal sealed class PacketCapture : IAsyncDisposable
{
    private const int GlobalHeader = 24;   // pcap-savefile(5)
    private const int RecordHeader = 16;
    private const int EthernetHeader = 14; // lo is captured as Ethernet (DLT_EN10MB)
    private readonly Process _tcpdump;
    private readonly string _file;

    private PacketCapture(Process tcpdump, string file)
    {
        _tcpdump = tcpdump;
        _file = file;
    }

    public static async Task<PacketCapture> StartAsync(IEnumerable<int> ports)
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "capturing packets needs root");
        string tool = Repository.Tool("tcpdump", "tcpdump"), file = Path.GetTempFileName();
        string filter = string.Join(" or ", ports.Select(p => $"tcp port {p}"));
        Process process = Process.Start(new ProcessStartInfo(tool, ["-i", "lo", "-U", "--immediate-mode", "-Z", "root", "-w", file, "-s", "0", filter]) { RedirectStandardError = true })
            ?? throw new InvalidOperationException("tcpdump did not start");
        while (await process.StandardError.ReadLineAsync() is { } line && !line.Contains("listening on", StringComparison.Ordinal))
        {
            // tcpdump says when it captures
        }

        return new PacketCapture(process, file);
    }

    /// <summary>Stops and gives the payload of every TCP segment, in the order of capture.</summary>
    public async Task<IReadOnlyList<byte[]>> PayloadsAsync()
    {
        using (Process interrupt = Process.Start("kill", ["-INT", $"{_tcpdump.Id}"]))
        {
            await interrupt.WaitForExitAsync();
        }

        await _tcpdump.WaitForExitAsync();
        return Read(await File.ReadAllBytesAsync(_file));
    }

    public async ValueTask DisposeAsync()
    {
        if (!_tcpdump.HasExited)
        {
            _tcpdump.Kill();
            await _tcpdump.WaitForExitAsync();
        }

        _tcpdump.Dispose();
        File.Delete(_file);
    }

    private static List<byte[]> Read(byte[] file)
    {
        var payloads = new List<byte[]>();
        for (int at = GlobalHeader; at + RecordHeader <= file.Length;)
        {
            int length = BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 8));
            ReadOnlySpan<byte> frame = file.AsSpan(at + RecordHeader, Math.Min(length, file.Length - at - RecordHeader));
            at += RecordHeader + length;
            ReadOnlySpan<byte> ip = frame[EthernetHeader..];
            if (ip[0] >> 4 != 4)
            {
                continue;
            }

            int ipHeader = (ip[0] & 15) * 4, total = BinaryPrimitives.ReadUInt16BigEndian(ip[2..]);
            ReadOnlySpan<byte> tcp = ip[ipHeader..Math.Min(total == 0 ? ip.Length : total, ip.Length)];
            ReadOnlySpan<byte> payload = tcp[((tcp[12] >> 4) * 4)..];
            if (payload.Length > 0)
            {
                payloads.Add(payload.ToArray());
            }
        }

        return payloads;
    }
}
