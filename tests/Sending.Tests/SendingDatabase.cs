using Npgsql;
using Partner.Contracts;
using Partner.Sending.Series;
using Partner.Testing;

namespace Partner.Sending.Tests;

/// <summary>One database per test class.</summary>
public sealed class SendingDatabase : IAsyncLifetime
{
    public const string Scripts = "services/Senders/Sending/Migrations";

    public TestDatabase Database { get; private set; } = null!;

    public string ConnectionString => Database.ConnectionString;

    public async ValueTask InitializeAsync() => Database = await TestDatabase.CreateAsync(Scripts, "logs");

    public ValueTask DisposeAsync() => Database.DisposeAsync();

    /// <summary>Waits for a figure of the database; tests must not go on before the settler has.</summary>
    internal static Task<long> WaitForAsync(
        TestDatabase database,
        string sql,
        long expected,
        params object[] parameters
    ) => Until.AnsweredAsync(() => database.ScalarAsync<long>(sql, parameters), value => value == expected, text: sql);

    internal Task<long> WaitUntilSettledAsync(ConnectionId connection) =>
        WaitForAsync(Database, "SELECT count(*) FROM segments WHERE connection = $1", 0, connection.Text);

    /// <summary>Items of the connection that were stored, dead letters included.</summary>
    internal Task<long> AcceptedAsync(ConnectionId connection) =>
        Database.ScalarAsync<long>(
            "SELECT coalesce(sum(items), 0)::bigint FROM accepted WHERE connection = $1",
            connection.Text
        );

    /// <summary>As a commit does it.</summary>
    internal async Task KeepAsync(ConnectionId connection, SeriesPoints points)
    {
        await using var opened = await Database.Source.OpenConnectionAsync();
        await using var batch = new NpgsqlBatch(opened);
        foreach (var command in SeriesStore.Keep([(connection, points)]))
        {
            batch.BatchCommands.Add(command);
        }

        await batch.ExecuteNonQueryAsync();
    }
}
