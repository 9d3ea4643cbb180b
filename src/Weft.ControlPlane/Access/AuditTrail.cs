using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;
using Weft.ControlPlane.Api;

namespace Weft.ControlPlane.Access;

/// <summary>One log line for each request that may have written, with who and by what. The store's log keeps the content.</summary>
internal sealed class AuditTrail(ILogger<AuditTrail> logger)
{
    public async Task FollowAsync(HttpContext context, RequestDelegate next)
    {
        try
        {
            await next(context);
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return;
        }
        catch (Exception e) when (!context.Response.HasStarted)
        {
            // The supervisor of one request: the client hears that it was us, the log hears what.
            ApiLog.Failed(logger, e, context.Request.Method, context.Request.Path.Value ?? "");
            await Api.Http.Answer.RefusalAsync(context, new ApiRefusedException(500, "InternalError", "the control plane failed on this request; its log says why"));
        }

        if (!HttpMethods.IsGet(context.Request.Method) && !HttpMethods.IsHead(context.Request.Method) && context.User.Identity?.IsAuthenticated == true)
        {
            ApiLog.Written(logger, context.User.Identity.Name ?? "", Clean(context.Request.Headers.UserAgent.ToString()), context.Request.Method, Clean(context.Request.Path.Value ?? ""), context.Response.StatusCode);
        }
    }

    /// <summary>What a client wrote must not make lines of its own in the log.</summary>
    private static string Clean(string text) => new([.. text.Take(200).Select(c => char.IsControl(c) ? '?' : c)]);
}
