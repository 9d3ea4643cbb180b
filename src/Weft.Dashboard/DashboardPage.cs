using System.Collections.Frozen;
using System.Reflection;
using System.Security.Claims;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace Weft.Dashboard;

/// <summary>The web page: static files out of this assembly, a login by one-time link, and a session that may only look.</summary>
public static class DashboardPage
{
    /// <summary>The authentication type of a page session: it may GET Weft's own views, nothing else.</summary>
    public const string Scheme = "weft-page";

    /// <summary>RFC 6265bis §4.1.3.2: with this prefix the browser itself insists on Secure, Path=/ and no Domain.</summary>
    private const string Cookie = "__Host-weft";

    private const string Base = "/dashboard/";

    // Own files only: no inline script, no frame around it, no request to anywhere else.
    private const string Policy =
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

    private static readonly FrozenDictionary<string, Asset> Assets = Load();

    public static IServiceCollection AddDashboard(this IServiceCollection services)
    {
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<PageSessions>();
        return services;
    }

    /// <summary>Before authentication: takes login links, serves the page, and signs its requests for views in.</summary>
    public static IApplicationBuilder UseDashboard(this IApplicationBuilder app) => app.Use(HandleAsync);

    /// <summary>Behind authentication: whoever may use the API gets links.</summary>
    /// <param name="address">Where the page is reached, "https://127.0.0.1:15010".</param>
    public static void MapLoginLinks(this IEndpointRouteBuilder routes, Func<Uri> address) =>
        routes.MapPost("/weft/v1/login-links", (HttpContext http) =>
        {
            if (http.User.Identity?.AuthenticationType == Scheme)
            {
                http.Response.StatusCode = StatusCodes.Status403Forbidden;
                return Task.CompletedTask;
            }

            string login = http.RequestServices.GetRequiredService<PageSessions>().NewLink();
            var json = new JsonObject
            {
                ["url"] = new Uri(address(), $"/?login={login}").ToString(),
                ["expiresInSeconds"] = (int)PageSessions.LinkLifetime.TotalSeconds,
            };
            http.Response.ContentType = "application/json";
            http.Response.Headers.CacheControl = "no-store";
            return http.Response.WriteAsync(json.ToJsonString());
        });

    private static Task HandleAsync(HttpContext http, RequestDelegate next)
    {
        string path = http.Request.Path.Value ?? "/";
        bool reads = HttpMethods.IsGet(http.Request.Method) || HttpMethods.IsHead(http.Request.Method);
        if (!reads)
        {
            return next(http);
        }

        if (path == "/" && http.Request.Query["login"].ToString() is { Length: > 0 } login)
        {
            return LogIn(http, login);
        }

        if (path is "/" or "/dashboard" && http.Request.Headers.Accept.ToString().Contains("text/html", StringComparison.Ordinal))
        {
            http.Response.Redirect(Base);
            return Task.CompletedTask;
        }

        bool signedIn = http.Request.Cookies[Cookie] is { } session && http.RequestServices.GetRequiredService<PageSessions>().IsOpen(session);
        if (path.StartsWith(Base, StringComparison.Ordinal))
        {
            return ServeAsync(http, path[Base.Length..], signedIn);
        }

        if (signedIn && path.StartsWith("/weft/v1/", StringComparison.Ordinal) && http.User.Identity?.IsAuthenticated != true)
        {
            http.User = new ClaimsPrincipal(new ClaimsIdentity([new Claim(ClaimTypes.Name, "system:weft:page")], Scheme));
        }

        return next(http);
    }

    private static Task LogIn(HttpContext http, string login)
    {
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers["Referrer-Policy"] = "no-referrer"; // the link must not leave in a Referer
        if (!http.RequestServices.GetRequiredService<PageSessions>().TryRedeem(login, out string session))
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.ContentType = "text/plain; charset=utf-8";
            return http.Response.WriteAsync("This link was used before or has expired. Run `weft dashboard` for a new one.\n");
        }

        http.Response.Cookies.Append(Cookie, session, new CookieOptions
        {
            HttpOnly = true, Secure = true, SameSite = SameSiteMode.Strict, Path = "/", MaxAge = PageSessions.SessionLifetime,
        });
        http.Response.Redirect(Base);
        return Task.CompletedTask;
    }

    private static async Task ServeAsync(HttpContext http, string name, bool signedIn)
    {
        IHeaderDictionary headers = http.Response.Headers;
        headers.ContentSecurityPolicy = Policy;
        headers.XContentTypeOptions = "nosniff";
        headers["Referrer-Policy"] = "no-referrer";
        if (!signedIn)
        {
            http.Response.StatusCode = StatusCodes.Status401Unauthorized;
            http.Response.ContentType = "text/plain; charset=utf-8";
            await http.Response.WriteAsync("You are not signed in. Run `weft dashboard` and open the link it prints.\n");
            return;
        }

        if (!Assets.TryGetValue(name.Length == 0 ? "index.html" : name, out Asset? asset))
        {
            http.Response.StatusCode = StatusCodes.Status404NotFound;
            return;
        }

        headers.ETag = asset.ETag;
        headers.CacheControl = "no-cache"; // kept, but asked for again: a new version shows at once
        if (http.Request.Headers.IfNoneMatch == asset.ETag)
        {
            http.Response.StatusCode = StatusCodes.Status304NotModified;
            return;
        }

        http.Response.ContentType = asset.ContentType;
        http.Response.ContentLength = asset.Content.Length;
        if (!HttpMethods.IsHead(http.Request.Method))
        {
            await http.Response.Body.WriteAsync(asset.Content, http.RequestAborted);
        }
    }

    private static FrozenDictionary<string, Asset> Load()
    {
        Assembly assembly = typeof(DashboardPage).Assembly;
        return assembly.GetManifestResourceNames().ToFrozenDictionary(
            name => name,
            name =>
            {
                using Stream stream = assembly.GetManifestResourceStream(name) ?? throw new FileNotFoundException(name);
                byte[] content = new byte[stream.Length];
                stream.ReadExactly(content);
                string contentType = Path.GetExtension(name) switch
                {
                    ".html" => "text/html; charset=utf-8",
                    ".css" => "text/css; charset=utf-8",
                    ".js" => "text/javascript; charset=utf-8",
                    ".svg" => "image/svg+xml",
                    _ => "application/octet-stream",
                };
                return new Asset(content, contentType, $"\"{Convert.ToHexStringLower(SHA256.HashData(content))[..16]}\"");
            },
            StringComparer.Ordinal);
    }

    private sealed record Asset(byte[] Content, string ContentType, string ETag);
}
