using Microsoft.Extensions.Logging;
using Npgsql;
using Partner.Storage;

namespace Partner.Migrator;

/// <summary>
/// Makes the database, and per service a role and a schema of the same name; applies each service's scripts once, in
/// order, each in a transaction with the row that remembers it. Two migrators at once take turns. Own code beside
/// DbUp and Evolve, which know scripts, and neither roles and passwords nor turns.
/// </summary>
public sealed partial class Migration(MigrationPlan plan, ILogger logger)
{
    // Any constant will do: it only has to be the same in every Migrator.
    private const long TurnLock = 0x64_6174_6164_6F67;

    public async Task RunAsync(CancellationToken cancellationToken)
    {
        var admin = new NpgsqlConnectionStringBuilder(ConnectionText.Complete(plan.AdminConnectionString))
        {
            Pooling = false,
        };
        admin.Database ??= "postgres";
        await using var server = new NpgsqlConnection(admin.ConnectionString);
        await server.OpenAsync(cancellationToken);
        // Roles belong to the whole server, so the turn is taken there and kept until the end.
        await ExecuteAsync(server, $"SELECT pg_advisory_lock({TurnLock})", cancellationToken);
        await CreateDatabaseAsync(server, cancellationToken);

        admin.Database = plan.Database;
        await using var connection = new NpgsqlConnection(admin.ConnectionString);
        await connection.OpenAsync(cancellationToken);
        foreach (var schema in plan.Schemas)
        {
            await PrepareAsync(connection, schema, cancellationToken);
            await ApplyAsync(connection, schema, cancellationToken);
        }
    }

    private async Task CreateDatabaseAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        await using var exists = new NpgsqlCommand("SELECT 1 FROM pg_database WHERE datname = $1", connection)
        {
            Parameters = { new() { Value = plan.Database } },
        };
        if (await exists.ExecuteScalarAsync(cancellationToken) is null)
        {
            await ExecuteAsync(connection, $"CREATE DATABASE {plan.Database}", cancellationToken);
            Log.CreatedDatabase(logger, plan.Database);
        }
    }

    // Names are checked identifiers (MigrationPlan). The password becomes a literal: CREATE ROLE takes no parameters.
    private async Task PrepareAsync(NpgsqlConnection connection, Schema schema, CancellationToken cancellationToken)
    {
        var role = schema.Name;
        var password = schema.Password.Replace("'", "''", StringComparison.Ordinal);
        await using (var exists = new NpgsqlCommand("SELECT 1 FROM pg_roles WHERE rolname = $1", connection))
        {
            exists.Parameters.Add(new() { Value = role });
            if (await exists.ExecuteScalarAsync(cancellationToken) is not null)
            {
                Log.SetsPassword(logger, role);
            }
        }

        await ExecuteAsync(
            connection,
            $"""
            DO $do$
            BEGIN
                IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') THEN
                    CREATE ROLE {role};
                END IF;
            END
            $do$;
            ALTER ROLE {role} WITH LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD '{password}';
            REVOKE ALL ON DATABASE {plan.Database} FROM PUBLIC;
            GRANT CONNECT ON DATABASE {plan.Database} TO {role};
            ALTER ROLE {role} IN DATABASE {plan.Database} SET search_path = {role};
            CREATE SCHEMA IF NOT EXISTS {role};
            REVOKE ALL ON SCHEMA {role} FROM PUBLIC;
            GRANT USAGE ON SCHEMA {role} TO {role};
            ALTER DEFAULT PRIVILEGES IN SCHEMA {role} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
            ALTER DEFAULT PRIVILEGES IN SCHEMA {role} GRANT USAGE, SELECT, UPDATE ON SEQUENCES TO {role};
            CREATE TABLE IF NOT EXISTS {role}.schema_versions (
                number integer PRIMARY KEY,
                name text NOT NULL,
                sha256 text NOT NULL,
                applied_at timestamptz NOT NULL DEFAULT now());
            REVOKE INSERT, UPDATE, DELETE ON {role}.schema_versions FROM {role};
            """,
            cancellationToken
        );
    }

    private async Task ApplyAsync(NpgsqlConnection connection, Schema schema, CancellationToken cancellationToken)
    {
        var applied = await ReadAppliedAsync(connection, schema.Name, cancellationToken);
        foreach (var script in schema.Unapplied(applied))
        {
            await using var transaction = await connection.BeginTransactionAsync(cancellationToken);
            await ExecuteAsync(connection, $"SET LOCAL search_path = {schema.Name};\n{script.Sql}", cancellationToken);
            await using var remember = new NpgsqlCommand(
                $"INSERT INTO {schema.Name}.schema_versions (number, name, sha256) VALUES ($1, $2, $3)",
                connection
            )
            {
                Parameters =
                {
                    new() { Value = script.Number },
                    new() { Value = script.Name },
                    new() { Value = script.Hash },
                },
            };
            await remember.ExecuteNonQueryAsync(cancellationToken);
            await transaction.CommitAsync(cancellationToken);
            Log.Applied(logger, schema.Name, script.Name);
        }
    }

    internal static async Task<Dictionary<int, string>> ReadAppliedAsync(
        NpgsqlConnection connection,
        string schema,
        CancellationToken cancellationToken
    )
    {
        await using var command = new NpgsqlCommand($"SELECT number, sha256 FROM {schema}.schema_versions", connection);
        await using var reader = await command.ExecuteReaderAsync(cancellationToken);
        var applied = new Dictionary<int, string>();
        while (await reader.ReadAsync(cancellationToken))
        {
            applied[reader.GetInt32(0)] = reader.GetString(1);
        }

        return applied;
    }

    private static async Task ExecuteAsync(NpgsqlConnection connection, string sql, CancellationToken cancellationToken)
    {
        await using var command = new NpgsqlCommand(sql, connection);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }

    private static partial class Log
    {
        [LoggerMessage(LogLevel.Information, "Created database {Database}")]
        public static partial void CreatedDatabase(ILogger logger, string database);

        // Two systems on one server: the first can no longer log in (28P01), and this line says why.
        [LoggerMessage(
            LogLevel.Information,
            "Role {Role} is there already: its password is set to this run's. Whoever else uses it with another is locked out"
        )]
        public static partial void SetsPassword(ILogger logger, string role);

        [LoggerMessage(LogLevel.Information, "Applied {Schema}/{Script}")]
        public static partial void Applied(ILogger logger, string schema, string script);
    }
}
