using System.Buffers.Binary;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Security.Claims;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Weft.Authority;
using Weft.ControlPlane.Api;
using Weft.ControlPlane.Api.Http;
using Weft.Primitives;

namespace Weft.ControlPlane.Access;

/// <summary>
/// Who may come in: the owner over the unix socket, the bearer of the admin token, a client with the administrator's
/// certificate. A workload's certificate does not open it. Nothing is served to anybody else but liveness.
/// </summary>
internal sealed class Door(AdminToken token, MeshAuthority authority, ILogger<Door> logger)
{
    // socket(7), linux/socket.h: SO_PEERCRED gives struct ucred { pid, uid, gid }.
    private const int SolSocket = 1;
    private const int SoPeerCred = 17;

    /// <summary>The identity whose certificate administers; nobody gets it without being administrator already.</summary>
    private const string AdminNamespace = "weft-system";
    private const string AdminAccount = "weft-admin";

    /// <summary>What the page signs its sessions in as, before the door.</summary>
    private const string PageScheme = "weft-page";

    private static readonly uint OwnUid = geteuid();

    public async Task EnterAsync(HttpContext context, RequestDelegate next)
    {
        if (context.Request.Path.Value is "/healthz" or "/readyz" or "/livez")
        {
            await next(context);
            return;
        }

        if (IsPage(context))
        {
            await next(context);
            return;
        }

        if (Identify(context) is not { } user)
        {
            ApiLog.AccessRefused(logger, context.Connection.RemoteIpAddress?.ToString() ?? "the unix socket", "no valid token, certificate or owner");
            context.Response.Headers.WWWAuthenticate = "Bearer";
            await Answer.RefusalAsync(context, Refusals.Unauthorized());
            return;
        }

        context.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, user)], "weft"));
        await next(context);
    }

    /// <summary>Somebody signed in to the page: may look at Weft's own views, and at nothing else.</summary>
    private static bool IsPage(HttpContext context) =>
        context.User.Identity is { IsAuthenticated: true, AuthenticationType: PageScheme }
        && (HttpMethods.IsGet(context.Request.Method) || HttpMethods.IsHead(context.Request.Method))
        && context.Request.Path.StartsWithSegments("/weft/v1", StringComparison.Ordinal);

    private string? Identify(HttpContext context)
    {
        if (context.Features.Get<IConnectionSocketFeature>()?.Socket is { AddressFamily: AddressFamily.Unix } socket)
        {
            return OwnerOf(socket);
        }

        string header = context.Request.Headers.Authorization.ToString();
        if (header.StartsWith("Bearer ", StringComparison.OrdinalIgnoreCase))
        {
            return token.Matches(header["Bearer ".Length..].Trim()) ? "admin" : null;
        }

        return context.Connection.ClientCertificate is { } certificate ? AdminOf(certificate) : null;
    }

    private static string? OwnerOf(Socket socket)
    {
        Span<byte> credentials = stackalloc byte[12];
        if (socket.GetRawSocketOption(SolSocket, SoPeerCred, credentials) < credentials.Length)
        {
            return null;
        }

        uint uid = BitConverter.IsLittleEndian ? BinaryPrimitives.ReadUInt32LittleEndian(credentials[4..]) : BinaryPrimitives.ReadUInt32BigEndian(credentials[4..]);
        return uid == OwnUid || uid == 0 ? $"local:{uid}" : null;
    }

    private string? AdminOf(X509Certificate2 certificate) =>
        authority.TryVerifyPeer(certificate, null, out SpiffeId? id, out _) && id is { Namespace: AdminNamespace, ServiceAccount: AdminAccount } ? id.Text : null;

    [DllImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern uint geteuid();
}
