using Npgsql;
using Partner.CredentialVault.Audit;

namespace Partner.CredentialVault;

internal static class VaultHost
{
    // The largest thing told to the vault is a refresh token or an audit event.
    private const int MaxBodyBytes = 64 * 1024;

    public static void AddVaultDatabase(this IHostApplicationBuilder builder)
    {
        // No health check: the pods stay ready when the database is down, so that the 503 arrives (fault F7).
        builder.AddNpgsqlDataSource(
            "database",
            settings =>
            {
                (settings.DisableHealthChecks, settings.DisableTracing, settings.DisableMetrics) = (true, true, true);
                settings.ConnectionString = ConnectionText.Complete(settings.ConnectionString);
            }
        );
        builder.RequireDurableDatabase<NpgsqlDataSource>();
        builder.Services.AddSingleton(services => new OnUnavailable(_ =>
            services.GetRequiredService<NpgsqlDataSource>().Clear()
        ));
        builder.Services.AddSingleton<VaultMetrics>();
        builder.Services.Configure<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>(kestrel =>
            kestrel.Limits.MaxRequestBodySize = MaxBodyBytes
        );
    }

    /// <summary>Serves, or does the one thing that the command line asks for; returns the exit code.</summary>
    public static async Task<int> RunAsync(this WebApplication app, string[] args)
    {
        if (args is [VerifyAudit.Command, .. var arguments])
        {
            return await VerifyAudit.RunAsync(app.Services, arguments, Console.Out);
        }

        await app.RunAsync();
        return 0;
    }

    /// <summary>Everything the vault answers is for one caller at one moment: nothing may keep it.</summary>
    public static void MapInternal(this IEndpointRouteBuilder routes, Action<IEndpointRouteBuilder> map)
    {
        var group = routes.MapGroup("/internal/v1");
        group.AddEndpointFilter(
            (context, next) =>
            {
                context.HttpContext.Response.Headers.CacheControl = "no-store";
                return next(context);
            }
        );
        map(group);
    }

    /// <summary>Whether the caller's token names this connection: it opens nothing of another one (security 44).</summary>
    public static bool IsFor(this HttpContext context, AuditChainId of) =>
        context.Caller().Claims.Connection == of.Text;

    /// <summary>The connection that the caller's token names.</summary>
    public static ConnectionId? ClaimedConnection(this HttpContext context) =>
        ConnectionId.TryParse(context.Caller().Claims.Connection, null, out var connection) ? connection : null;
}
