using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;
using Npgsql;
using Partner.Testing;

namespace Partner.Migrator.Tests;

/// <summary>A database that is not there yet, a folder for scripts, and everything the Migrator logged.</summary>
internal sealed class Workbench : ILogger, IDisposable
{
    private static int _count;

    private readonly string _folder = Directory.CreateTempSubdirectory("partner-scripts-").FullName;
    private readonly PostgresServer _server;

    private Workbench(PostgresServer server) => _server = server;

    public string Database { get; } = $"migrated_{Interlocked.Increment(ref _count)}";

    public ConcurrentQueue<string> Logged { get; } = new();

    public string AdminConnectionString => _server.AdminConnectionString;

    public static async Task<Workbench> OpenAsync() => new(await PostgresServer.SharedAsync());

    public Workbench Script(string schema, string name, string sql)
    {
        Directory.CreateDirectory(Path.Combine(_folder, schema));
        File.WriteAllText(Path.Combine(_folder, schema, name), sql);
        return this;
    }

    public MigrationPlan Plan(params string[] schemas)
    {
        var mistakes = new List<string>();
        var read = schemas
            .Select(s => new Schema(
                s,
                $"pass'word of {s}",
                MigrationPlan.ReadScripts(Path.Combine(_folder, s), mistakes)
            ))
            .ToList();
        return new MigrationPlan(AdminConnectionString, Database, read, mistakes);
    }

    public Task MigrateAsync(params string[] schemas)
    {
        var plan = Plan(schemas);
        Assert.Empty(plan.Mistakes);
        return new Migration(plan, this).RunAsync(CancellationToken.None);
    }

    public Task<T> AsAdminAsync<T>(string sql) => ScalarAsync<T>(_server.OpenAdmin(Database), sql);

    public Task<T> AsAsync<T>(string role, string sql, string? password = null) =>
        ScalarAsync<T>(
            NpgsqlDataSource.Create(
                new NpgsqlConnectionStringBuilder(AdminConnectionString)
                {
                    Database = Database,
                    Username = role,
                    Password = password ?? $"pass'word of {role}",
                }
            ),
            sql
        );

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel,
        EventId eventId,
        TState state,
        Exception? exception,
        Func<TState, Exception?, string> formatter
    ) => Logged.Enqueue($"{formatter(state, exception)}{exception}");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static async Task<T> ScalarAsync<T>(NpgsqlDataSource source, string sql)
    {
        await using (source)
        {
            await using var command = source.CreateCommand(sql);
            return (T)(await command.ExecuteScalarAsync())!;
        }
    }
}
