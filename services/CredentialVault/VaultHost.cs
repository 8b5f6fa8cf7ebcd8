using Npgsql;
using Partner.ServiceDefaults;

namespace Partner.CredentialVault;

internal static class VaultHost
{
    // The largest thing told to the vault is a refresh token or an audit event.
    private const int MaxBodyBytes = 64 * 1024;

    public static void AddVaultDatabase(this IHostApplicationBuilder builder)
    {
        // No health check: the pods stay ready when the database is down, so that the 503 arrives (fault F7).
        builder.AddNpgsqlDataSource("database", settings => settings.DisableHealthChecks = true);
        builder.Services.AddSingleton(services =>
            new OnUnavailable(_ => services.GetRequiredService<NpgsqlDataSource>().Clear()));
        builder.Services.AddSingleton<VaultMetrics>();
        builder.Services.Configure<Microsoft.AspNetCore.Server.Kestrel.Core.KestrelServerOptions>(
            kestrel => kestrel.Limits.MaxRequestBodySize = MaxBodyBytes);
    }

    /// <summary>Everything the vault answers is for one caller at one moment: nothing may keep it.</summary>
    public static void MapInternal(this IEndpointRouteBuilder routes, Action<IEndpointRouteBuilder> map)
    {
        var group = routes.MapGroup("/internal/v1");
        group.AddEndpointFilter((context, next) =>
        {
            context.HttpContext.Response.Headers.CacheControl = "no-store";
            return next(context);
        });
        map(group);
    }

    public static NpgsqlCommand Command(this NpgsqlConnection connection, string sql, params object?[] values)
    {
        var command = new NpgsqlCommand(sql, connection);
        foreach (var value in values)
        {
            command.Parameters.Add(new NpgsqlParameter { Value = value ?? DBNull.Value });
        }

        return command;
    }
}
