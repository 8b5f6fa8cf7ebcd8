using Microsoft.Extensions.Logging.Abstractions;
using Npgsql;
using Partner.Migrator;

namespace Partner.Testing;

/// <summary>
/// A database of its own on a Postgres server, made by the real Migrator, with one schema and role of the room
/// under test.
/// </summary>
public sealed class TestDatabase : IAsyncDisposable
{
    private static int _count;

    private TestDatabase(PostgresServer server, string name, string role)
    {
        (Server, Name) = (server, name);
        ConnectionString =
            $"Host=127.0.0.1;Port={server.Port};Database={name};Username={role};Password=test;Maximum Pool Size=20";
        Source = NpgsqlDataSource.Create(ConnectionString);
    }

    public PostgresServer Server { get; }

    public string Name { get; }

    /// <summary>The service's own: its role, its schema.</summary>
    public string ConnectionString { get; }

    public NpgsqlDataSource Source { get; }

    /// <param name="scripts">Folder of the scripts below the repository: <c>services/Auth/Migrations</c>.</param>
    public static async Task<TestDatabase> CreateAsync(string scripts, string role, PostgresServer? server = null)
    {
        server ??= await PostgresServer.SharedAsync();
        var name = $"test_{Interlocked.Increment(ref _count)}";
        var mistakes = new List<string>();
        var schema = new Schema(role, "test", MigrationPlan.ReadScripts(Repository.PathOf(scripts), mistakes));
        await new Migration(
            new MigrationPlan(server.AdminConnectionString, name, [schema], mistakes),
            NullLogger.Instance
        ).RunAsync(CancellationToken.None);
        return new TestDatabase(server, name, role);
    }

    public async Task<T> ScalarAsync<T>(string sql, params object[] parameters)
    {
        await using var command = Source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        return (T)(await command.ExecuteScalarAsync())!;
    }

    public async Task ExecuteAsync(string sql, params object[] parameters)
    {
        await using var command = Source.CreateCommand(sql);
        foreach (var parameter in parameters)
        {
            command.Parameters.Add(new() { Value = parameter });
        }

        await command.ExecuteNonQueryAsync();
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();
}
