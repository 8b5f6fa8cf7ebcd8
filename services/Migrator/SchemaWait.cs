using System.Data.Common;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Npgsql;
using Partner.Storage;

namespace Partner.Migrator;

/// <summary>
/// <c>Migrator wait</c>, before a service: ends once the scripts that this image carries are applied. It asks as the
/// service's own role, so that a pod needs neither the admin's password nor rights at the Kubernetes API.
/// </summary>
public sealed partial class SchemaWait(string connectionString, Schema schema, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(2);

    private string? _said;

    /// <summary>
    /// Reads <c>ConnectionStrings:database</c> (the role's) and the one schema, <c>Schemas:{name}:Scripts</c>.
    /// </summary>
    public static SchemaWait? Read(
        IConfiguration configuration,
        string folder,
        ILogger logger,
        ICollection<string> mistakes
    )
    {
        var connectionString = configuration.GetConnectionString("database");
        if (string.IsNullOrEmpty(connectionString))
        {
            mistakes.Add("Set ConnectionStrings__database to the connection string of the service that waits.");
        }

        var schemas = MigrationPlan.ReadSchemas(configuration, folder, mistakes);
        if (schemas is not [var schema])
        {
            mistakes.Add("Name the one schema that is waited for: Schemas__{name}__Scripts.");
            return null;
        }

        return mistakes.Count == 0 ? new SchemaWait(connectionString!, schema, logger) : null;
    }

    /// <exception cref="InvalidOperationException">A script was applied with other contents.</exception>
    public async Task RunAsync(CancellationToken cancellationToken)
    {
        await using var database = NpgsqlDataSource.Create(ConnectionText.Complete(connectionString));
        while (await WhyNotYetAsync(database, cancellationToken) is { } reason)
        {
            if (reason != _said)
            {
                Log.Waits(logger, schema.Name, reason);
                _said = reason;
            }

            await Task.Delay(Pause, cancellationToken);
        }

        Log.IsThere(logger, schema.Name, schema.Scripts.Count);
    }

    // Null: all is applied. A newer Migrator may have applied more: the service before an upgrade goes on with that.
    private async Task<string?> WhyNotYetAsync(NpgsqlDataSource database, CancellationToken cancellationToken)
    {
        try
        {
            await using var connection = await database.OpenConnectionAsync(cancellationToken);
            var missing = schema.Unapplied(
                await Migration.ReadAppliedAsync(connection, schema.Name, cancellationToken)
            );
            return missing is [var first, ..] ? $"{first.Name} is not applied" : null;
        }
        // The role, its password, the database or the schema may not be there yet, nor the server.
        catch (PostgresException refused)
        {
            return $"Postgres says {refused.SqlState}";
        }
        catch (DbException away)
        {
            return $"Postgres does not answer ({away.GetType().Name})";
        }
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Waiting for the schema {Schema}: {Reason}")]
        public static partial void Waits(ILogger logger, string schema, string reason);

        [LoggerMessage(LogLevel.Information, "The schema {Schema} has its {Count} scripts")]
        public static partial void IsThere(ILogger logger, string schema, int count);
    }
}
